"""The formulas of the book's scaling laws, each as one plain function of numpy arrays.

`declared` attaches names, units and terms to them, `published` constants. The figures that move
repeat a few of them in pure Python for the page (`page.micropython`), and a test holds the two
together. N is a number of parameters, D a number of training tokens, C a training compute in FLOP,
and a loss is a cross-entropy in nats per token. All arguments broadcast.
"""

import numpy as np

FLOP_PER_PARAMETER_TOKEN = 6.0
"""Training FLOP per parameter and token: 2 for the forward pass and 4 for the backward pass."""


def power_law(x, E, A, alpha):
    """Power law with offset, E + A / x^alpha: `E` is what no amount of `x` removes."""
    return E + A * np.asarray(x, float) ** -alpha


def pure_power_law(x, x_c, alpha):
    """One-input law without an offset, (x_c / x)^alpha [@kaplan2020scaling]."""
    return (x_c / np.asarray(x, float)) ** alpha


def kaplan_joint(N, D, N_c, D_c, alpha_N, alpha_D):
    """Joint law [(N_c / N)^(alpha_N / alpha_D) + D_c / D]^alpha_D [@kaplan2020scaling]."""
    return ((N_c / np.asarray(N, float)) ** (alpha_N / alpha_D) + D_c / np.asarray(D)) ** alpha_D


def chinchilla(N, D, E, A, B, alpha, beta):
    """Additive law E + A / N^alpha + B / D^beta [@hoffmann2022training]."""
    return E + A * np.asarray(N, float) ** -alpha + B * np.asarray(D, float) ** -beta


def generalised_chinchilla(N, D, E, A, B, alpha, beta, s):
    """Two bottlenecks joined by a p-norm, E + [(A / N^alpha)^s + (B / D^beta)^s]^(1/s).

    With ``s = 1`` this is the additive law; as ``s`` grows, only the tighter bottleneck counts.
    """
    with np.errstate(divide="ignore"):  # a term without a height is exp(-inf), which is 0
        log_N_term = np.log(A) - alpha * np.log(N)
        log_D_term = np.log(B) - beta * np.log(D)
    return E + np.exp(np.logaddexp(s * log_N_term, s * log_D_term) / s)


def optimal_allocation(C, A, B, alpha, beta):
    """Compute-optimal parameters N* and tokens D* of an additive law under C = 6 N D.

    N* = G (C/6)^(beta/(alpha+beta)) and D* = (C/6)^(alpha/(alpha+beta)) / G,
    with G = (alpha A / (beta B))^(1/(alpha+beta)).
    """
    scale = (alpha * A / (beta * B)) ** (1.0 / (alpha + beta))
    budget = np.asarray(C, float) / FLOP_PER_PARAMETER_TOKEN
    N = scale * budget ** (beta / (alpha + beta))
    return N, budget / N


def saturating(unique, repetitions, r_star):
    """Return what `repetitions` further passes over `unique` units are worth, in fresh units.

    unique + unique r_star (1 - exp(-repetitions / r_star)): the first repeats count almost fully,
    all of them together never for more than `r_star` fresh copies [@muennighoff2023scaling].
    """
    return unique * (1.0 - r_star * np.expm1(-np.asarray(repetitions, float) / r_star))


def effective_data(D, U, R_D):
    """Effective tokens of `D` tokens drawn from `U` unique ones (epochs = D / U)."""
    D, U = np.asarray(D, float), np.asarray(U, float)
    return saturating(U, D / U - 1.0, R_D)


def effective_parameters(N, U_N, R_N):
    """Effective parameters of `N` when the unique data warrant only `U_N` of them."""
    N = np.asarray(N, float)
    warranted = np.minimum(N, U_N)
    return saturating(warranted, N / warranted - 1.0, R_N)


def warranted_parameters(U, A, B, alpha, beta):
    """Parameters that are compute-optimal for `U` unique tokens: N* where D* = U."""
    scale = (alpha * A / (beta * B)) ** (1.0 / (alpha + beta))
    return scale * (scale * np.asarray(U, float)) ** (beta / alpha)


def repeated_data(N, D, U, E, A, B, alpha, beta, R_D):
    """Additive law in effective data, E + A / N^alpha + B / D'^beta [@muennighoff2023scaling].

    This is `data_constrained` without its second saturation, that of surplus parameters.
    """
    return chinchilla(N, effective_data(D, U, R_D), E, A, B, alpha, beta)


def data_constrained(N, D, U, U_N, E, A, B, alpha, beta, R_D, R_N):
    """Law of repeated data, E + A / N'^alpha + B / D'^beta [@muennighoff2023scaling].

    D' = U + U R_D (1 - exp(-(D/U - 1) / R_D)) discounts repeated tokens; N' discounts in the same
    way, with R_N, the parameters beyond `U_N`, those that `U` unique tokens warrant.
    """
    N_eff, D_eff = effective_parameters(N, U_N, R_N), effective_data(D, U, R_D)
    return chinchilla(N_eff, D_eff, E, A, B, alpha, beta)


def bnsl(x, a, b, c0, breaks=()):
    """Broken neural scaling law, with breaks (c_i, d_i, f_i) [@caballero2023broken].

    a + b x^(-c0) prod_i (1 + (x / d_i)^(1/f_i))^(-c_i f_i): a power law whose slope changes by
    -c_i around x = d_i, the more sharply the smaller f_i. A negative c_i turns the curve upwards.
    """
    log_x = np.log(x)
    log_term = np.log(b) - c0 * log_x
    for c, d, f in breaks:
        log_term = log_term - c * f * np.logaddexp(0.0, (log_x - np.log(d)) / f)
    return a + np.exp(log_term)


def coverage(k, a, b):
    """Share of problems solved by at least one of k samples, exp(-a k^b) [@brown2024large].

    Coverage rises with the number of samples when ``b`` is negative.
    """
    return np.exp(-a * np.asarray(k, float) ** b)


def logistic(C, midpoint, slope, lower=0.0, upper=1.0):
    """Score that is logistic in log10 of compute, between `lower` and `upper`.

    `midpoint` is the log10 FLOP at which the score is half way, `slope` the change of the logit
    per factor of ten of compute.
    """
    return lower + (upper - lower) * expit(slope * (np.log10(C) - midpoint))


def sigmoid(loss, lower, upper, midpoint, slope):
    """Score that falls with the loss, from `upper` to `lower` [@bhagia2024establishing].

    lower + (upper - lower) / (1 + exp(slope (loss - midpoint))). In the source's letters, upper -
    lower is a, lower is b and slope is -k.
    """
    return lower + (upper - lower) * expit(-slope * (np.asarray(loss, float) - midpoint))


def exponential_error(loss, epsilon, k, gamma):
    """Mean error on tasks, epsilon - k exp(-gamma loss) [@gadre2024language]."""
    return epsilon - k * np.exp(-gamma * np.asarray(loss, float))


def reward(C, R_0, A, C_mid, B):
    """Reward after training by reinforcement with compute C [@khatri2025art].

    R_0 + (A - R_0) / (1 + (C_mid / C)^B): from R_0 it rises to the ceiling A, half of it at C_mid.
    """
    return R_0 + (A - R_0) * expit(B * np.log(np.asarray(C, float) / C_mid))


def granular(N, D, G, E, A, g, B, alpha, beta, gamma):
    """Mixture of experts of granularity G, E + (A + g / G^gamma) / N^alpha + B / D^beta.

    N counts all parameters, of which each token uses a share; G is how many times smaller an expert
    is than the layer that it replaces [@ludziejewski2024scaling].
    """
    return chinchilla(N, D, E, A + g * np.asarray(G, float) ** -gamma, B, alpha, beta)


def precision(N, D, P, E, A, B, alpha, beta, gamma):
    """Law of weights trained in P bits, E + A / N'^alpha + B / D^beta [@kumar2024scaling].

    N' = N (1 - exp(-P / gamma)) is what the parameters are worth in P bits.
    """
    return chinchilla(-np.asarray(N) * np.expm1(-np.asarray(P) / gamma), D, E, A, B, alpha, beta)


def power_product(N, D, c, a, b):
    """Power of both, c N^a D^b, as for the best learning rate [@li2025predictable]."""
    return c * np.asarray(N, float) ** a * np.asarray(D, float) ** b


def expit(v):
    """Return 1 / (1 + exp(-v)) without overflow."""
    return 0.5 * (1.0 + np.tanh(0.5 * v))
