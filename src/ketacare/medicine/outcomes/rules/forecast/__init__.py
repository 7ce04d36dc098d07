"""When benefit fades: a gain with a half-life of one's own, about which the clinic's other courses say something.

So many days t after a dose the gain over the baseline is g 0.5^((t / h)^form). A person's half-life h is like those of
the clinic's other people: their logarithms are normal, with a mean and a spread that are learned from everybody's
scores. The form is the same for all: 1 until enough people have told. A score differs from that by the scale's own
error, so does the baseline, and one dose may gain more than another. Everything is summed over a grid of half-lives;
nothing is drawn by chance, so that the same scores always tell the same.
"""

from ketacare.medicine.outcomes.rules.forecast.fading import gains_of, half_lives, of_everybody, standard_error
from ketacare.medicine.outcomes.rules.forecast.own import forecast, forecast_of
from ketacare.medicine.outcomes.rules.forecast.pooling import pooled

__all__ = ["forecast", "forecast_of", "gains_of", "half_lives", "of_everybody", "pooled", "standard_error"]
