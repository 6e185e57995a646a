"""Fair's survey on marriage of 1978, as it comes with statsmodels, with the documented meaning of its codes."""

import pandas as pd

RATINGS = {1: "very poor", 2: "poor", 3: "fair", 4: "good", 5: "very good"}
RELIGIOUSNESS = {1: "not", 2: "mildly", 3: "fairly", 4: "strongly"}
OCCUPATIONS = {
    1: "student",
    2: "farming, agriculture, semi-skilled or unskilled",
    3: "white-collar",
    4: "teacher, counsellor, social worker, nurse, artist, writer, technician or skilled",
    5: "managerial, administrative or business",
    6: "professional with advanced degree",
}


def women() -> pd.DataFrame:
    """One row per woman who answered: 6,366 of them.  The amount of time in affairs becomes yes or no."""
    from statsmodels.datasets import fair

    coded = fair.load_pandas().data
    return pd.DataFrame(
        {
            "marriage_rating": coded["rate_marriage"].map(RATINGS),
            "age": coded["age"],
            "years_married": coded["yrs_married"],
            "children": coded["children"],
            "religiousness": coded["religious"].map(RELIGIOUSNESS),
            "education_years": coded["educ"],
            "occupation": coded["occupation"].map(OCCUPATIONS),
            "occupation_husband": coded["occupation_husb"].map(OCCUPATIONS),
            "had_affair": coded["affairs"] > 0,
        }
    )
