"""Explorers whose frames were computed beforehand: what needs numpy, a fit or a training run.

MicroPython runs it too: nothing is imported.
"""


def pick(data, **values):
    """Return the stored frame that is nearest to the controls' values.

    `data["stops"]` holds for each control its name and the values for which there are frames;
    `data["frames"]` the frames, keyed by the places of the stops joined with commas.
    """
    places = []
    for name, stops in data["stops"]:
        value = values[name]
        if isinstance(value, str):
            places.append(stops.index(value))
        else:
            places.append(min(range(len(stops)), key=lambda i: abs(stops[i] - value)))
    return data["frames"][",".join([str(i) for i in places])]
