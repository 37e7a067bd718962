"""Memory and minutes that jobs ask for: functions that several rule files share."""

from know.plan.memory import activation_bytes, job_memory, preparation_memory
from know.plan.runtime import DAY, images_seen, training_minutes


def enough(attempt):
    """Factor of what an attempt may take, bounded: preemptions too are attempts."""
    return min(attempt, 4)


def memory(training=None, processes=1):
    """Megabytes of a job by the sizes of its input, more at each attempt.

    `training` is the path in the plan of how it trains on its input `dataset`, or on one
    of its `datasets`.
    """

    def value(wildcards, input, attempt):
        kept = 0
        if training and not config["devices"]["gpus_per_job"]:
            settings = planned(training)(wildcards)
            kept = max(
                activation_bytes(
                    settings, PLAN["datasets"][Path(file).stem]["settings"]
                )
                for file in input.get("datasets") or [input.dataset]
            )
        return enough(attempt) * processes * job_memory(input, activations=kept)

    return value


def time_to_train(settings, times):
    """Minutes of a job by the images that it trains on, more at each attempt.

    `settings` is the path in the plan of how it trains once on its input `dataset`.
    """

    def value(wildcards, input, attempt):
        images = images_seen(planned(settings)(wildcards), input.dataset)
        minutes = training_minutes(
            images * times(wildcards),
            images_per_second=config["devices"]["images_per_second"],
        )
        return min(DAY, enough(attempt) * minutes)

    return value


def memory_of_preparation(wildcards, attempt):
    """Megabytes of a job that prepares a data set, more at each attempt."""
    settings = planned("datasets/{dataset}/settings")(wildcards)
    return enough(attempt) * preparation_memory(settings, Path(config["data_root"]))


def growing(amount):
    """An amount that grows with each attempt, for jobs that begin again."""

    def value(wildcards, attempt):
        return enough(attempt) * amount

    return value


def once(wildcards):
    """How often a pre-training trains on D_0."""
    return 1


def all_stages(wildcards):
    """How often D_0 the subsets of all stages are, together."""
    run = planned("runs/{run}")(wildcards)
    return sum(run["rate"] ** stage for stage in range(run["num_stages"]))


def one_stage(wildcards):
    """Share of D_0 that a stage trains on."""
    return planned("runs/{run}/rate")(wildcards) ** int(wildcards.stage)


def validated(wildcards):
    """Fine-tunings of the grid of learning rates: of each horizon, rate and trial."""
    entry = planned("scores/{task}/{run}/{method}")(wildcards)
    choice = entry["learning_rate_choice"]
    return len(entry["candidates"]) * len(choice["grid"]) * choice["trials"]


def tested(wildcards):
    """Fine-tunings of a block: of each horizon and trial."""
    entry = planned("scores/{task}/{run}/{method}")(wildcards)
    return len(entry["candidates"]) * len(entry["trials"][wildcards.block])
