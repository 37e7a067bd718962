"""What a rule reads and which settings it gets, looked up by its wildcards."""


def plan_of(wildcards):
    """Plan of the table that a job's run stands in."""
    return plans.of_run(wildcards.run)


# Data sets.


def dataset_settings(wildcards):
    """Where a data set comes from and how it is cut."""
    return config["datasets"][wildcards.dataset]


def dataset_root(wildcards):
    """Where a data set's files lie; nothing for one that is made by code."""
    facts = SOURCES.facts(config["datasets"][wildcards.dataset]["source"])
    return None if facts.get("GENERATES") else config["data_root"]


def dataset_code(wildcards):
    """Digest of the code that prepares a data set, with that of its source alone."""
    source = config["datasets"][wildcards.dataset]["source"]
    return version_of("prepare_data.py", SOURCES.module_of(source))


def version_with_network(script):
    """Digest of a script's code and of the network that a job builds, no other's."""

    def version(wildcards):
        architecture = training_settings(wildcards)["architecture"]
        return version_of(script, ARCHITECTURES.module_of(architecture))

    return version


# Pre-training.


def network_settings(wildcards):
    """How one network is pre-trained."""
    return plans.of_network(wildcards.network).networks[wildcards.network]


def network_dataset(wildcards):
    """Array file that a network is pre-trained on."""
    plan = plans.of_network(wildcards.network)
    return dataset_file(plan.network_dataset(wildcards.network))


def training_settings(wildcards):
    """How the network of a job is pre-trained, be it named itself or by its run."""
    is_named = hasattr(wildcards, "network")
    return network_settings(wildcards) if is_named else run_settings(wildcards)


def starting_weights(wildcards):
    """File of the weights that a training starts from, if the user brings one."""
    weights = training_settings(wildcards)["options"].get("weights")
    return [] if weights in (None, "timm") else [weights]


def run_settings(wildcards):
    """How the network that a run starts from is pre-trained."""
    return plan_of(wildcards).run_pretraining(wildcards.run)


def run_dataset(wildcards):
    """Array file that a run is pre-trained on."""
    return dataset_file(plan_of(wildcards).run_dataset(wildcards.run))


# Forgetting.


def rate(wildcards):
    """Data of a stage of a run over the one before."""
    return plan_of(wildcards).rate


def num_stages(wildcards):
    """Stages S of a run's trajectory."""
    return plan_of(wildcards).num_stages


def stage_file(run, stage, suffix):
    """Weights (or optimizer_state) of a run after one stage; stage 0 is its pre-training."""
    if stage == 0:
        return f"results/networks/{plans.of_run(run).network(run)}{suffix}"
    return f"results/forgetting/{run}/stage-{stage}{suffix}"


def previous_weights(wildcards):
    """Weights that a stage goes on from."""
    return stage_file(wildcards.run, int(wildcards.stage) - 1, ".safetensors")


def previous_optimizer_state(wildcards):
    """Adam's state that a stage goes on with."""
    return stage_file(wildcards.run, int(wildcards.stage) - 1, ".optimizer.safetensors")


# Meta-data and KNOWN.


def metadata_settings(wildcards):
    """From what the trials of a meta-data set are drawn."""
    return plans.meta.metadata_settings(wildcards.metadata)


def metadata_datasets(wildcards):
    """Array files that meta-data networks are trained on."""
    datasets = config["metadata"][wildcards.metadata]["datasets"]
    return [dataset_file(dataset) for dataset in datasets]


def metadata_version(wildcards):
    """Digest of the code of a meta-data set's trainings, its families' included."""
    families = plans.meta.metadata_settings(wildcards.metadata)["families"].values()
    modules = sorted(
        {ARCHITECTURES.module_of(family["architecture"]) for family in families}
    )
    return version_of("collect_metadata.py", *modules)


def shard_trials(wildcards):
    """Numbers of the trials of one shard."""
    return plans.meta.shard_trials(wildcards.metadata, int(wildcards.shard))


def weights_per_tensor(wildcards):
    """Most weights that are drawn of a tensor."""
    return config["metadata"][wildcards.metadata]["weights_per_tensor"]


def metadata_draws(wildcards):
    """Weights drawn from all shards of a hypernetwork's meta-data."""
    return plans.meta.draws(plans.meta.metadata_of(wildcards.hypernetwork))


def held_out_trials(wildcards):
    """Which trials of its meta-data a hypernetwork must not learn from."""
    return plans.meta.held_out(plans.meta.metadata_of(wildcards.hypernetwork))


def compared_hyper_models(wildcards):
    """Hyper-models of the methods of the held-out table."""
    return [file for m in plans.meta.compared_methods() for file in m["hyper_models"]]


def measured_version(wildcards):
    """Digest of the code of the methods that are compared, and of no other's."""
    methods = plans.meta.compared_methods()
    models = {
        config["hypernetworks"][h]["model"] for h in plans.meta.compared_hypernetworks()
    }
    used = {PREDICTORS.module_of(method["predictor"]) for method in methods}
    return version_of(
        "measure_held_out.py", *sorted(used | {MODELS.module_of(m) for m in models})
    )


def meta_training(wildcards):
    """How a hypernetwork is meta-trained."""
    return config["hypernetworks"][wildcards.hypernetwork]["training"]


def hyper_model_architecture(wildcards):
    """Architecture of a hypernetwork's models."""
    return config["hypernetworks"][wildcards.hypernetwork]["model"]


def hyper_model_version(wildcards):
    """Digest of the code of a hypernetwork's meta-training, and of no other's."""
    network = MODELS.module_of(hyper_model_architecture(wildcards))
    return version_of("train_hypernetwork.py", network)


# Trajectories.


def stage_weights(wildcards):
    """Weights of a run after every stage, all data first."""
    return [
        stage_file(wildcards.run, stage, ".safetensors")
        for stage in range(plan_of(wildcards).num_stages)
    ]


# Predictions.


def hyper_models(wildcards):
    """Hyper-models that a method predicts with; most methods need none."""
    return plan_of(wildcards).hypernetwork_files(wildcards.method)


def predictor_name(wildcards):
    """Name of a method's predictor in the registry."""
    return config["methods"][wildcards.method]["predictor"]


def predictor_options(wildcards):
    """Options of a method's predictor."""
    return config["methods"][wildcards.method].get("options", {})


def predictor_version(wildcards):
    """Digest of the code of this method's prediction, and of no other's."""
    return version_of(
        "predict_weights.py", PREDICTORS.module_of(predictor_name(wildcards))
    )


def controlled_weights(wildcards):
    """Predictions that a control is made from, one a horizon."""
    controlled = config["methods"][wildcards.method]["of"]
    return expand(PREDICTIONS, run=wildcards.run, method=controlled)


def control_name(wildcards):
    """What a control does to a prediction."""
    return config["methods"][wildcards.method]["control"]


def base_weights(wildcards):
    """Theta_0 of a run."""
    return stage_file(wildcards.run, 0, ".safetensors")


# Selection.


def selected_from(wildcards):
    """Predictions that a selecting method chooses from, beside Theta_0."""
    return plan_of(wildcards).selected_from(wildcards.run, wildcards.method)


def contenders(wildcards):
    """Method, horizon and norm layers of Theta_0 and of each of those files."""
    return plan_of(wildcards).contenders(wildcards.method)


def selections(wildcards):
    """Every selection's record; without any, there is no table of them."""
    selections = SELECTED.selections()
    if not selections:
        raise WorkflowError(
            "results/selection.csv and results/selection.md tell how a selecting "
            "method chose; the methods of the table that selection.table names have "
            "none, such as auto: {select: [known]}"
        )
    return selections


# Downstream tasks.


def task_type(wildcards):
    """Type of a task: the module that holds it."""
    return config["tasks"][wildcards.task]["type"]


def version_with_task(script):
    """Digest of a script's code, the task's and the network's, no other's."""

    def version(wildcards):
        architecture = run_settings(wildcards)["architecture"]
        task = TASKS.module_of(task_type(wildcards))
        return version_of(script, task, ARCHITECTURES.module_of(architecture))

    return version


def candidate_weights(wildcards):
    """Weights of a method for a run, one file a horizon."""
    return plan_of(wildcards).weights(wildcards.run, wildcards.method)


def candidates(wildcards):
    """Run, method, horizon and factor of each of those files."""
    plan = plan_of(wildcards)
    return [
        {
            "run": wildcards.run,
            "method": wildcards.method,
            "horizon": horizon,
            "factor": plan.factor(horizon),
        }
        for horizon in plan.method_horizons(wildcards.method)
    ]


def task_dataset(wildcards):
    """Array file of a task's data set."""
    return dataset_file(config["tasks"][wildcards.task]["dataset"])


def calibration_dataset(wildcards):
    """D_0's array file, where norm layers are measured on it; else nothing."""
    if plan_of(wildcards).norm_layers(wildcards.method) == "recalibrate":
        return [run_dataset(wildcards)]
    return []


def calibration_settings(wildcards):
    """How D_0 is drawn, where norm layers are measured on it."""
    if plan_of(wildcards).norm_layers(wildcards.method) == "recalibrate":
        return run_settings(wildcards)
    return None


def finetuning_settings(wildcards):
    """How a method's weights are fine-tuned."""
    plan = plan_of(wildcards)
    return plan.task_settings(wildcards.task, wildcards.run, wildcards.method)


def chosen_learning_rates(wildcards):
    """File of chosen learning rates, where the config has them chosen."""
    if plan_of(wildcards).has_learning_rate_choice(wildcards.task):
        task, run, method = wildcards.task, wildcards.run, wildcards.method
        return [f"results/learning_rates/{task}/{run}/{method}.json"]
    return []


def learning_rate_choice(wildcards):
    """Grid, validation share and number of trials of the choice."""
    return config["tasks"][wildcards.task]["learning_rate_choice"]


def block_trials(wildcards):
    """Trials that one job runs."""
    return plan_of(wildcards).block_trials(wildcards.task, int(wildcards.block))


# Tables and figures.


def forgetting_stores(wildcards):
    """Trajectories of Table 1, once its data are known to be there."""
    refuse_missing_data(plans["table1"].datasets())
    return expand("results/trajectories/{run}.zarr.zip", run=plans["table1"].runs)


def table_scores(wildcards):
    """Every score file that a table reads, once its data are known to be there."""
    if wildcards.table in plans.refused:
        problems = "\n  - ".join(plans.refused[wildcards.table])
        raise WorkflowError(f"{wildcards.table} cannot be made:\n  - {problems}")
    plan = plans[wildcards.table]
    refuse_missing_data(plan.datasets())
    return plan.scores()


def table_runs(wildcards):
    """Facts about each run that a table shows."""
    return plans[wildcards.table].table_runs()


def table_methods(wildcards):
    """Facts about each method that a table shows."""
    return plans[wildcards.table].table_methods()


def tasks_of(plan):
    """Facts about each task of a plan's table."""
    tasks = {task: config["tasks"][task] for task in plan.tasks}
    return [
        {
            "task": task,
            "metrics": list(TASKS.facts(settings["type"])["METRICS"]),
            "title": settings.get("title", task),
            "paper_column": settings.get("paper_column"),
        }
        for task, settings in tasks.items()
    ]


def table_tasks(wildcards):
    """Facts about each task that a table shows."""
    return tasks_of(plans[wildcards.table])


def table_average(wildcards):
    """Whether a table averages over its tasks."""
    return config["tables"][wildcards.table].get("average", False)


def table_title(wildcards):
    """Heading of a table's page."""
    name = wildcards.table.replace("table", "Table ")
    return config["tables"][wildcards.table].get("title", name)


def table_note(wildcards):
    """A line for the head of a table's page."""
    return config["tables"][wildcards.table]["note"]


def selection_scores(wildcards):
    """Every score file of the table whose selections are tabulated."""
    refuse_missing_data(SELECTED.datasets())
    return SELECTED.scores()


def held_out_files(wildcards):
    """Errors on held-out trajectories, once the data of these are known to be there."""
    refuse_missing_data(config["metadata"][plans.meta.table_metadata]["datasets"])
    return plans.meta.held_out_files()


# Samples.


def sample_plan(figure):
    """The plan of the figures of samples, if it has this one."""
    if figure not in config["samples"]:
        raise WorkflowError(
            f"samples.{figure} is wanted, which says what networks the figure shows; "
            f"the config has {', '.join(config['samples']) or 'no such figure'}"
        )
    return plans.samples


def sample_dataset(figure):
    """Array file of the data set whose test images a figure shows."""

    def file(wildcards):
        return dataset_file(sample_plan(figure).dataset(figure))

    return file


def sample_files(figure):
    """Samples of each network that a figure shows."""

    def files(wildcards):
        return [source["path"] for source in sample_plan(figure).sources(figure)]

    return files


def sample_sources(figure):
    """Label, horizon and file of each network that a figure shows."""

    def sources(wildcards):
        return sample_plan(figure).sources(figure)

    return sources


def sample_images(figure):
    """Number of test images that a figure shows."""

    def images(wildcards):
        return sample_plan(figure).images(figure)

    return images
