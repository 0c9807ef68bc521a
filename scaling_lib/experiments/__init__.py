"""Experiments: one module a phenomenon. They return data, never pictures."""

# What is too long to run live ships as a table in scaling_lib/data:
# name: (module that has regenerate(out, jobs), file in data, minutes on two cores).
SHIPPED = {
    "scaling_language": ("scaling_lib.experiments.scaling_sweep", "scaling_language.csv", 4),
    "scaling_schedules": ("scaling_lib.experiments.schedules", "scaling_schedules.csv", 4),
    "scaling_text": ("scaling_lib.experiments.text_sweep", "scaling_text.csv", 3),
    "emergence": ("scaling_lib.experiments.emergence", "emergence.csv", 1),
    "cipher": ("scaling_lib.experiments.cipher", "cipher.csv", 1),
    "connect_four": ("scaling_lib.experiments.connect_four", "connect_four.csv", 9),
    "chain_of_thought": ("scaling_lib.experiments.chain_of_thought", "chain_of_thought.csv", 5),
    "in_context": ("scaling_lib.experiments.in_context", "in_context.csv", 2),
    "repetition": ("scaling_lib.experiments.repetition", "repetition.csv", 2),
    "algorithms": ("scaling_lib.experiments.algorithms", "algorithms.csv", 1),
    "text_attention": ("scaling_lib.experiments.text_attention", "text_attention.csv", 2),
    "capstone_practice": ("scaling_lib.experiments.capstone", "capstone_practice.csv", 5),
    "capstone_scores": ("grading.strategy_scores", "capstone_scores.csv", 6),
    "digits": ("scaling_lib.experiments.digits", "digits.csv", 3),
}
