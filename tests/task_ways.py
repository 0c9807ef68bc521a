"""How the tasks of the figures that move are reached, and how not, for the tests that try both."""

import math

# For each task of each figure, how the sliders are moved from the start: so that it is reached, and
# in the direction of it but not far enough, or too far.
WAYS = {
    "allocation": [
        ({"growth": 1e6, "exponent": 0.51}, {"growth": 1e6, "exponent": 0.55}),
        ({"growth": 9}, {"growth": 30}),
        ({"exponent": 0.29}, {"exponent": 0.35}),
    ],
    "broken_law": [
        ({"slope3": 0.6}, {"slope3": 0.4}),
        ({"slope2": -0.1}, {"slope2": 0.01}),
        ({"slope3": -0.14}, {"slope1": 0.2, "slope2": 0.2, "slope3": 0.2}),
    ],
    "budget": [
        ({"chips": 3e5}, {"chips": 2e5}),
        ({"C": 1e29, "chip": "B200", "chips": 1.4e7}, {"C": 1e29, "chip": "B200", "chips": 1e7}),
        (
            {"C": 1e28, "chip": "B200", "utilisation": 0.7, "overhead": 1.0, "chips": 9.5e5},
            {"C": 1e28, "chip": "H100", "utilisation": 0.7, "overhead": 1.0, "chips": 1.4e6},
        ),
    ],
    "data_cap": [
        ({"C": 8.3e25}, {"C": 3e26}),
        ({"C": 1.8e28}, {"C": 6e28}),
        ({"C": 1e30, "cap": 1.5e15}, {"C": 1e30, "cap": 1e15}),
    ],
    "emergence": [
        ({"length": 1}, {"length": 2}),
        ({"length": 40}, {"length": 20}),
        ({"length": 40, "N": 1e10}, {"length": 40, "N": 3e10}),
    ],
    "first_forecast": [({"guess": 2.26, "shown": True}, {"guess": 2.29, "shown": True})],
    "fit_by_hand": [
        (
            {"alpha": 0.62, "beta": 0.38, "E": 2.1},
            {"alpha": 0.62, "beta": 0.6, "E": 2.1},
        ),
        (
            {"alpha": 0.5, "beta": 0.26, "E": 1.99},
            {"alpha": 0.62, "beta": 0.38, "E": 1.99},
        ),
    ],
    "growth_of_systems": [
        ({"start": 1950, "width": 60}, {"start": 1950, "width": 65}),
        ({"start": 2000, "width": 10}, {"start": 1995, "width": 30}),
    ],
    "isoflop": [
        ({"C": 5.4e23}, {"C": 3e23}),
        ({"C": 8.1e24}, {"C": 5e23}),
        ({"alpha": -0.01, "beta": 0.01}, {"alpha": -0.02, "beta": 0.02}),
    ],
    "knowledge_crossover": [
        (
            {"head_start": 5, "ceiling": 0.1, "exponent": 0.4},
            {"head_start": 5, "ceiling": 0.0, "exponent": 0.5},
        ),
        ({"ceiling": 0.02}, {"ceiling": 0.04}),
    ],
    "knowledge_tests": [({"year": 2023.7}, {"year": 2024.0}), ({"year": 2022.2}, {"year": 2022.6})],
    "lifetime_compute": [
        ({"answered": 1e11}, {"answered": 1e12}),
        ({"answered": 4e13}, {"answered": 2e13}),
    ],
    "many_skills": [
        ({"D": 8e3}, {"D": 2e4}),
        ({"D": 2.7e6}, {"D": 2e6}),
        ({"exponent": 1.0, "sharpness": 0.05}, {"exponent": 1.0, "sharpness": 0.2}),
    ],
    "pass_at_k": [
        ({"spread": 0}, {"spread": 0.5}),
        ({"k": 1e4, "wrong_accepted": 0.04}, {"k": 1e3, "wrong_accepted": 0.04}),
        ({"k": 1e4, "wrong_accepted": 2e-4}, {"k": 1e4, "wrong_accepted": 2e-3}),
    ],
    "repetition": [
        ({"epochs": 27}, {"epochs": 20}),
        ({"saturation": 1}, {"saturation": 2}),
    ],
    "rules_against_search": [
        ({"rules": 20, "budget": 1e5}, {"rules": 20, "budget": 5e4}),
        ({"rules": 18}, {"rules": 16}),
        (
            {"rules": 40, "budget": 1e6, "doubling": 45},
            {"rules": 40, "budget": 1e6, "doubling": 60},
        ),
    ],
    "samples_or_size": [({"check": 1e15}, {"check": 1e14}), ({"check": 1e10}, {"check": 1e12})],
    "scaffold_threshold": [
        ({"gain": 2.1}, {"gain": 4}),
        ({"gain": 20, "C": 4e23}, {"gain": 20, "C": 1e24}),
        ({"gain": 100, "C": 1e24}, {"gain": 10, "C": 5e24}),
    ],
    "scale_and_algorithms": [
        ({"compute": 260}, {"compute": 600}),
        ({"exponent": 0.8}, {"exponent": 0.5}),
        ({"exponent": 0.02}, {"exponent": 0.06}),
    ],
    "stock_and_demand": [
        ({"demand_growth": 1.25}, {"stock": 1e16, "epochs": 8}),
        ({"uncertainty": 10, "demand_growth": 3.6}, {"uncertainty": 10}),
    ],
    "strong_or_weak": [
        ({"target": 0.3}, {"target": 0.18}),
        ({"strength": 1.0}, {"strength": 0.8}),
    ],
    "time_horizon": [
        ({"error": 5e-4}, {"error": 1e-3}),
        ({"wanted": 0.99}, {"wanted": 0.95}),
        ({"spread": 2}, {"spread": 1.5}),
    ],
    "two_kinds_of_engineering": [
        ({"D": 300}, {"D": 700}),
        ({"D": 2e4}, {"D": 5e3}),
    ],
    "what_counts": [
        ({"text": "public"}, {"kept": 0.5}),
        ({"kept": 1}, {"kept": 0.3}),
        (
            {"N": 1e9, "D": 1e12, "teacher": 1e13, "text": "public"},
            {"N": 1e10, "D": 1e12, "teacher": 1e12, "text": "public"},
        ),
    ],
}  # fmt: skip


def position(control, value):
    """Return the stop of a control that is nearest to an argument of the function."""
    if control["kind"] != "range":
        return value
    at = math.log10(value) if control["log"] else value
    low, step = control["low"], control["step"]
    return min(control["high"], round(low + round((at - low) / step) * step, 9))


def moved(shown, moves):
    """Return where the controls stand after some were moved."""
    values = {c["name"]: c["value"] for c in shown.spec["controls"]}
    controls = {c["name"]: c for c in shown.spec["controls"]}
    return values | {name: position(controls[name], value) for name, value in moves.items()}
