"""Laws that hold for every model, patient and regimen: superposition, mass balance, steady state, limits."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ketacare.medicine.pharmacology import kinetics, population, reader
from ketacare.medicine.pharmacology.disposition import one_of_three, one_of_two, tree
from ketacare.medicine.pharmacology.exponentials import (
    Exponentials,
    Input,
    after,
    area_until,
    course,
    given_by,
    link,
    state_at,
)
from ketacare.medicine.pharmacology.kinetics import Kinetics
from ketacare.medicine.pharmacology.predictions import predict
from ketacare.medicine.pharmacology.terms import Analyte, Patient, Route, Site
from ketacare.medicine.pharmacology.tests.given import ADULT, case, dose, near

WAYS = [(model.id, route, site) for model in reader.models() for route in model.routes for site in model.sites]
few = settings(max_examples=12, deadline=None)
many = settings(max_examples=80, deadline=None)
ways = st.sampled_from(WAYS)
rates = st.floats(0.05, 50.0)
mgs = st.floats(1.0, 200.0)
spans = st.floats(1.0, 240.0)
weights = st.floats(40.0, 140.0)
uneven = np.array([0.0, 1.0, 3.0, 10.0, 31.0, 60.0, 122.0, 240.0, 700.0])


def engine(model, route, site, kg=70.0, patients=1, seed=1):
    one = Kinetics(reader.model(model), frozenset([route]), site)
    values = population.typical(one.model, Patient(kg, 40.0), one.routes)
    deviations = population.etas(one.model, one.parameters, patients, np.random.default_rng(seed))
    return one, population.individual(values, one.parameters, deviations if patients > 1 else 0 * deviations)


def by(route, mg, minutes=0.0, at=0.0):
    """A dose that every model takes by this route: whole devices into a nose."""
    return dose(28 if route is Route.IN else mg, minutes, at, route=route)


# --- linear ---


@many
@given(way=ways, mg=mgs, factor=st.floats(1.0, 10.0), kg=weights)
def test_twice_the_dose_is_twice_the_course_and_never_less(way, mg, factor, kg):
    one, vectors = engine(*way, kg)
    if one.model.devices and Route.IN in one.routes:
        return  # a larger nasal dose is further devices, of which less is absorbed
    (route,) = one.routes
    low, high = (one.concentrations(vectors, [dose(each, route=route)], uneven) for each in (mg, mg * factor))
    np.testing.assert_allclose(high, low * factor, rtol=1e-9, atol=1e-9)
    assert (high >= low - 1e-9).all()
    assert (low >= 0).all()


def test_a_further_device_never_lowers_the_course():
    one, vectors = engine("perez-ruixo-2021", Route.IN, Site.VENOUS)
    courses = [one.concentrations(vectors, [dose(28 * n, route="in")], uneven) for n in (1, 2, 3)]
    # In the last digit processors round an exponential differently.
    assert all((more >= less * (1 - 1e-13)).all() for less, more in pairwise(courses))


@many
@given(way=ways, mg=mgs, at=st.floats(0.0, 120.0), minutes=spans)
def test_doses_add_up_and_a_later_dose_is_the_same_course_later(way, mg, at, minutes):
    one, vectors = engine(*way)
    (route,) = one.routes
    minutes = minutes if route is Route.IV else 0.0
    first, second = by(route, 10), by(route, mg, minutes, at + 500)
    both = one.concentrations(vectors, [first, second], uneven)
    apart = [one.concentrations(vectors, [each], uneven) for each in (first, second)]
    np.testing.assert_allclose(both, sum(apart), rtol=1e-10, atol=1e-10)
    shifted = one.concentrations(vectors, [by(route, mg, minutes, at)], uneven + at)
    np.testing.assert_allclose(shifted, one.concentrations(vectors, [by(route, mg, minutes)], uneven), 1e-8, 1e-8)


@few
@given(mg=mgs, cuts=st.lists(st.floats(0.05, 0.95), min_size=1, max_size=4, unique=True), minutes=spans)
def test_an_infusion_in_pieces_is_the_infusion(mg, cuts, minutes):
    one, vectors = engine("kamp-2020", Route.IV, Site.VENOUS)
    edges = [0.0, *sorted(cuts), 1.0]
    pieces = [dose(mg * (b - a), minutes * (b - a), minutes * a) for a, b in pairwise(edges)]
    whole = one.concentrations(vectors, [dose(mg, minutes)], uneven)
    np.testing.assert_allclose(one.concentrations(vectors, pieces, uneven), whole, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("model", "site"), [(m, s) for m, r, s in WAYS if r is Route.IV])
def test_a_short_infusion_becomes_a_bolus(model, site):
    one, vectors = engine(model, Route.IV, site)
    times = np.array([5.0, 20.0, 90.0])
    near(
        one.concentrations(vectors, [dose(35, 1e-5)], times),
        one.concentrations(vectors, [dose(35)], times),
        1e-5,
    )


# --- mass ---


def cleared(model, values):
    return values["k10"] * values["V1"] if "k10" in values else values["CL"]


@pytest.mark.parametrize("model", ["kamp-2020", "otto-2021", "simons-2022", "domino-1982", "clements-1981"])
@few
@given(kg=weights, seed=st.integers(0, 9))
def test_area_is_dose_over_clearance_and_steady_state_rate_over_clearance(model, kg, seed):
    site = reader.model(model).sites[0]
    one, vectors = engine(model, Route.IV, site, kg, patients=20, seed=seed)
    clearance = cleared(one.model, population.table(vectors, one.parameters))
    (flow,) = one.flows(vectors, [dose(35, 40)], Analyte.KETAMINE)
    near(flow.answer.area * 35, 35_000 / clearance, 1e-9)
    long = one.concentrations(vectors, [dose(60_000, 60_000)], np.array([60_000.0]))[:, 0]
    near(long, 60_000 / clearance, 1e-6)


@pytest.mark.parametrize("route", [Route.IM, Route.PO, Route.SL, Route.IN])
@few
@given(seed=st.integers(0, 9))
def test_outside_a_vein_area_is_the_share_that_arrives_over_clearance(route, seed):
    one, vectors = engine("kamp-2020", route, Site.VENOUS, patients=20, seed=seed)
    v = population.table(vectors, one.parameters)
    share = np.minimum(v[f"F_{route}"], 1)
    ketamine = kinetics.areas(one.flows(vectors, [dose(35, route=route)], Analyte.KETAMINE), 20, 60_000)
    near(ketamine, share * 35_000 / v["CL"], 1e-8)
    first_pass = np.minimum(v.get(f"Ffp_{route}", 0.0 * share), 1 - share)
    norketamine = kinetics.areas(one.flows(vectors, [dose(35, route=route)], Analyte.NORKETAMINE), 20, 60_000)
    near(norketamine, (share * v["fm"] + first_pass) * 35_000 / v["CLN"], 1e-8)


@few
@given(seed=st.integers(0, 9), minutes=spans, until=st.floats(5.0, 2_000.0))
def test_what_went_in_is_in_the_body_or_eliminated(seed, minutes, until):
    """Parent in three places, metabolite in two, and what each eliminated by then make up the dose."""
    one, vectors = engine("kamp-2020", Route.IV, Site.ARTERIAL, patients=10, seed=seed)
    v = population.table(vectors, one.parameters)
    given_now, hours = [Input(35.0, 0.0, minutes / 60)], until / 60
    body = one_of_three(v["CL"] / v["V1"], v["Q2"] / v["V1"], v["Q2"] / v["V2"], v["Q3"] / v["V1"], v["Q3"] / v["V3"])
    made = one_of_two(v["CLN"] / v["VN1"], v["QN"] / v["VN1"], v["QN"] / v["VN2"])
    formed = after(body.times(v["CL"] / v["V1"]), made)
    places = [
        body,
        after(body.times(v["Q2"] / v["V1"]), emptying(v["Q2"] / v["V2"])),
        after(body.times(v["Q3"] / v["V1"]), emptying(v["Q3"] / v["V3"])),
        formed,
        after(formed.times(v["QN"] / v["VN1"]), emptying(v["QN"] / v["VN2"])),
    ]
    inside = sum(state_at(place, given_now, hours).sum(axis=0) for place in places)
    eliminated = area_until(formed, given_now, hours) * v["CLN"] / v["VN1"]
    near(inside + eliminated, np.full(10, given_by(given_now, hours)), 1e-7)


def emptying(rate):
    return Exponentials(np.ones((1, len(rate))), rate[np.newaxis])


# --- exponents ---


@few
@given(k=st.lists(rates, min_size=5, max_size=5))
def test_shares_of_a_unit_dose_add_to_one_and_to_its_stay(k):
    columns = [np.array([value]) for value in k]
    for body in (one_of_three(*columns), one_of_two(*columns[:3])):
        near(body.share.sum(axis=0), [1.0], 1e-9)
        near(body.area, [1 / k[0]], 1e-8)
        assert (body.rate > 0).all()


@few
@given(rate=rates, gap=st.sampled_from([0.0, 1e-9, -1e-9, 1e-7, 3e-7, 1e-5]), hours=st.floats(0.01, 5.0))
def test_equal_exponents_are_kept_apart(rate, gap, hours):
    """k exp(-kt) through the same k is k^2 t exp(-kt)."""
    one, other = link(np.array([rate])), link(np.array([rate * (1 + gap)]))
    said = course(after(one, other), [Input(1.0)], np.array([hours]))[0, 0]
    assert said == pytest.approx(
        rate * rate * hours * np.exp(-rate * hours), rel=1e-6 * (1 + rate * hours) + abs(gap) * 400
    )


@pytest.mark.parametrize("places", [(0, 0), (0, 3), (3, 0), (1, 2)])
def test_a_tree_of_compartments_agrees_with_the_exponential_of_its_matrix(places):
    from scipy.linalg import expm

    volumes, flows, clearance = [192.0, 143.0, 417.0, 101.0], {(0, 1): 84.3, (0, 2): 37.6, (0, 3): 151.0}, 392.0
    into, seen = places
    whole = tree(
        np.array(volumes)[:, np.newaxis],
        {pair: np.array([flow]) for pair, flow in flows.items()},
        {3: np.array([clearance])},
    )
    matrix = np.zeros((4, 4))
    for (a, b), flow in flows.items():
        for i, j in ((a, b), (b, a)):
            matrix[i, i] -= flow / volumes[i]
            matrix[j, i] += flow / volumes[i]
    matrix[3, 3] -= clearance / volumes[3]
    for hours in (0.1, 1.0, 8.0):
        wanted = expm(matrix * hours)[seen, into] / volumes[seen]
        assert course(whole.answer(into, seen), [Input(1.0)], np.array([hours]))[0, 0] == pytest.approx(
            wanted, rel=1e-9
        )


# --- even steps, blocks and threads ---


@few
@given(minutes=spans, at=st.floats(0.0, 100.0), patients=st.sampled_from([1, 3, 30]))
def test_even_steps_give_what_single_times_give(minutes, at, patients):
    one, vectors = engine("kamp-2020", Route.IV, Site.VENOUS, patients=patients)
    given_doses, grid = (
        [dose(35, minutes, at), dose(10, 0, at + 5), dose(20, 30, at + minutes)],
        np.linspace(0, 300, 61),
    )
    for analyte in (Analyte.KETAMINE, Analyte.NORKETAMINE):
        stepped = one.concentrations(vectors, given_doses, grid, analyte)
        for place in range(0, 61, 6):
            single = one.concentrations(vectors, given_doses, grid[place : place + 1], analyte)
            np.testing.assert_allclose(stepped[:, place], single[:, 0], rtol=1e-10, atol=1e-9)


def test_many_patients_in_threads_are_each_as_alone():
    one, vectors = engine("perez-ruixo-2021", Route.IN, Site.VENOUS, patients=4_200)
    grid = np.linspace(0, 120, 25)
    whole = one.concentrations(vectors, [by(Route.IN, 28), by(Route.IN, 28, at=5)], grid)
    for place in (0, 1_023, 1_024, 4_199):
        alone = one.concentrations(vectors[place], [by(Route.IN, 28), by(Route.IN, 28, at=5)], grid)
        near(whole[place, 1:], alone[0, 1:], 1e-11)
    assert whole[:, 0].max() < 1e-9


def test_where_each_patient_has_times_of_their_own():
    """A film dissolves at another pace in each: no common steps."""
    one, vectors = engine("simons-2022", Route.SL, Site.ARTERIAL, patients=8)
    film = [dose(50, drug="esketamine", route="sl", product="film")]
    grid = np.linspace(0, 240, 49)
    whole = one.concentrations(vectors, film, grid)
    alone = np.vstack([one.concentrations(vector, film, grid) for vector in vectors])
    np.testing.assert_allclose(whole, alone, rtol=1e-9, atol=1e-9)


# --- percentiles ---


@few
@given(mg=mgs, minutes=spans, seed=st.integers(0, 99), band=st.sampled_from(["true", "measured"]))
def test_percentiles_are_in_order(mg, minutes, seed, band):
    one = case(dose(mg, minutes), times=uneven, patient=ADULT, band=band, patients=40, seed=seed)
    said = predict(one)
    for curve in said.curves.values():
        assert ((curve.p05 <= curve.p50) & (curve.p50 <= curve.p95)).all()
    for summary in said.summary.values():
        assert summary.p05 <= summary.p50 <= summary.p95
