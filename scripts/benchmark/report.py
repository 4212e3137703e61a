"""The table and the JSON document."""

import json
import statistics


def milliseconds(seconds):
    value = seconds * 1000
    return f"{value / 1000:.2f} s" if value >= 1000 else f"{value:.1f} ms" if value < 100 else f"{value:.0f} ms"


def shown(value, unit):
    return milliseconds(value) if unit == "s" else f"{value:.0f} {unit}"


def summary(samples):
    """Median and the quartiles."""
    if len(samples) < 2:
        return samples[0], samples[0], samples[0]
    low, _, high = statistics.quantiles(samples, n=4, method="inclusive")
    return statistics.median(samples), low, high


def ratio(reference, median):
    return f"{reference / median:.2f}" if reference else ""


def markdown(results):
    lines = [
        "| what | tool | median | quartiles | rounds | varve ÷ tool |",
        "|---|---|--:|---|--:|--:|",
    ]
    for row in results["rows"]:
        tools, unit = row["tools"], row["unit"]
        reference = tools.get("varve", {}).get("median")
        for index, (name, tool) in enumerate(tools.items()):
            what = row["title"] if index == 0 else ""
            if "error" in tool:
                lines.append(f"| {what} | {name} | failed | | {len(tool['samples'])} | |")
                continue
            spread = f"{shown(tool['low'], unit)} – {shown(tool['high'], unit)}"
            lines.append(
                f"| {what} | {name} | {shown(tool['median'], unit)} | {spread} | {len(tool['samples'])} "
                f"| {ratio(reference, tool['median'])} |"
            )
    for row in results["rows"]:
        if row["peaks"]:
            peaks = ", ".join(f"{name} {peak / 1024:.0f} MiB" for name, peak in row["peaks"].items())
            lines += ["", f"Peak memory, {row['title']}: {peaks}"]
    machine = results["machine"]
    lines += ["", f"{machine['date']}, Linux {machine['kernel']}, {machine['cpus']} × {machine['cpu']}; "
                  f"{'; '.join(results['versions'].values())}"]
    return "\n".join(lines)


def write_json(results, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(results, file, indent=2)
        file.write("\n")
