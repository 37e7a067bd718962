"""What a rule reads and which settings it gets, looked up by its wildcards."""

# Data sets.


def dataset_settings(wildcards):
    """Where a data set comes from and how it is cut."""
    return config["datasets"][wildcards.dataset]


def dataset_root(wildcards):
    """Where a data set's files lie; nothing for one that is made by code."""
    source = SOURCES[config["datasets"][wildcards.dataset]["source"]]
    return None if source.generates else config["data_root"]


def version_with_network(script):
    """Digest of a script's code and of the network that a job builds, no other's."""

    def version(wildcards):
        network = getattr(wildcards, "network", None) or plan.network(wildcards.run)
        architecture = plan.networks[network]["architecture"]
        return version_of(script, architecture_of(architecture))

    return version


# Pre-training.


def network_settings(wildcards):
    """How one network is pre-trained."""
    return plan.networks[wildcards.network]


def network_dataset(wildcards):
    """Array file that a network is pre-trained on."""
    return dataset_file(plan.network_dataset(wildcards.network))


def run_settings(wildcards):
    """How the network that a run starts from is pre-trained."""
    return plan.run_pretraining(wildcards.run)


def run_dataset(wildcards):
    """Array file that a run is pre-trained on."""
    return dataset_file(plan.run_dataset(wildcards.run))


# Forgetting.


def stage_file(run, stage, suffix):
    """Weights (or moments) of a run after one stage; stage 0 is its pre-training."""
    if stage == 0:
        return f"results/networks/{plan.network(run)}{suffix}"
    return f"results/forgetting/{run}/stage-{stage}{suffix}"


def previous_weights(wildcards):
    """Weights that a stage goes on from."""
    return stage_file(wildcards.run, int(wildcards.stage) - 1, ".safetensors")


def previous_moments(wildcards):
    """Adam's state that a stage goes on with."""
    return stage_file(wildcards.run, int(wildcards.stage) - 1, ".moments.safetensors")


# Meta-data and KNOWN.


def metadata_settings(wildcards):
    """From what the trials of a meta-data set are drawn."""
    return plan.metadata_settings(wildcards.metadata)


def metadata_datasets(wildcards):
    """Array files that meta-data networks are trained on."""
    datasets = config["metadata"][wildcards.metadata]["datasets"]
    return [dataset_file(dataset) for dataset in datasets]


def metadata_version(wildcards):
    """Digest of the code of a meta-data set's trainings, its families' included."""
    families = plan.metadata_settings(wildcards.metadata)["families"].values()
    modules = sorted({architecture_of(family["architecture"]) for family in families})
    return version_of("collect_metadata.py", *modules)


def shard_trials(wildcards):
    """Numbers of the trials of one shard."""
    return plan.shard_trials(wildcards.metadata, int(wildcards.shard))


def weights_a_tensor(wildcards):
    """Most weights that are drawn of a tensor."""
    return config["metadata"][wildcards.metadata]["weights_a_tensor"]


def metadata_draws(wildcards):
    """Weights drawn from all shards of a hypernetwork's meta-data."""
    return plan.draws(plan.metadata_of(wildcards.hypernetwork))


def held_out_trials(wildcards):
    """Which trials of its meta-data a hypernetwork must not learn from."""
    return plan.held_out(plan.metadata_of(wildcards.hypernetwork))


def compared_hyper_models(wildcards):
    """Hyper-models of the methods of the held-out table."""
    return [file for m in plan.compared_methods() for file in m["hyper_models"]]


def measured_version(wildcards):
    """Digest of the code of the methods that are compared, and of no other's."""
    methods = plan.compared_methods()
    models = {
        config["hypernetworks"][h]["model"] for h in plan.compared_hypernetworks()
    }
    used = {module_of(method["predictor"]) for method in methods}
    return version_of(
        "measure_held_out.py", *sorted(used | {model_module(m) for m in models})
    )


def meta_training(wildcards):
    """How a hypernetwork is meta-trained."""
    return config["hypernetworks"][wildcards.hypernetwork]["training"]


def hyper_model_architecture(wildcards):
    """Architecture of a hypernetwork's models."""
    return config["hypernetworks"][wildcards.hypernetwork]["model"]


def hyper_model_version(wildcards):
    """Digest of the code of a hypernetwork's meta-training, and of no other's."""
    network = model_module(hyper_model_architecture(wildcards))
    return version_of("train_hypernetwork.py", network)


# Trajectories.


def stage_weights(wildcards):
    """Weights of a run after every stage, all data first."""
    return [
        stage_file(wildcards.run, stage, ".safetensors")
        for stage in range(plan.num_stages)
    ]


# Predictions.


def hyper_models(wildcards):
    """Hyper-models that a method predicts with; most methods need none."""
    return plan.hypernetwork_files(wildcards.method)


def predictor_name(wildcards):
    """Name of a method's predictor in the registry."""
    return plan.method(wildcards.method)["predictor"]


def predictor_options(wildcards):
    """Options of a method's predictor."""
    return plan.method(wildcards.method).get("options", {})


def predictor_version(wildcards):
    """Digest of the code of this method's prediction, and of no other's."""
    return version_of("predict_weights.py", module_of(predictor_name(wildcards)))


def controlled_weights(wildcards):
    """Predictions that a control is made from, one a horizon."""
    return plan.weights(wildcards.run, plan.method(wildcards.method)["of"])


def control_name(wildcards):
    """What a control does to a prediction."""
    return plan.method(wildcards.method)["control"]


def base_weights(wildcards):
    """Theta_0 of a run."""
    return stage_file(wildcards.run, 0, ".safetensors")


# Selection.


def selected_from(wildcards):
    """Predictions that a selecting method chooses from, beside Theta_0."""
    return plan.selected_from(wildcards.run, wildcards.method)


def contenders(wildcards):
    """Method, horizon and norm layers of Theta_0 and of each of those files."""
    return plan.contenders(wildcards.method)


def selections(wildcards):
    """Every selection's record; without any, there is no table of them."""
    if not plan.selecting_methods():
        raise WorkflowError(
            "results/selection.csv and results/selection.md tell how a selecting "
            "method chose; table1.methods lists none, such as auto: {select: [known]}"
        )
    return plan.selections()


# Downstream tasks.


def task_type(wildcards):
    """Type of a task: the module that holds it."""
    return config["tasks"][wildcards.task]["type"]


def version_with_task(script):
    """Digest of a script's code, the task's and the network's, no other's."""

    def version(wildcards):
        network = plan.networks[plan.network(wildcards.run)]["architecture"]
        return version_of(
            script, task_module(task_type(wildcards)), architecture_of(network)
        )

    return version


def candidate_weights(wildcards):
    """Weights of a method for a run, one file a horizon."""
    return plan.weights(wildcards.run, wildcards.method)


def candidates(wildcards):
    """Run, method, horizon and factor of each of those files."""
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
    if plan.norm_layers(wildcards.method) == "recalibrate":
        return [run_dataset(wildcards)]
    return []


def calibration_settings(wildcards):
    """How D_0 is drawn, where norm layers are measured on it."""
    if plan.norm_layers(wildcards.method) == "recalibrate":
        return run_settings(wildcards)
    return None


def finetuning_settings(wildcards):
    """How a method's weights are fine-tuned."""
    return plan.task_settings(wildcards.task, wildcards.run, wildcards.method)


def chosen_learning_rates(wildcards):
    """File of chosen learning rates, where the config has them chosen."""
    if plan.has_learning_rate_choice(wildcards.task):
        task, run, method = wildcards.task, wildcards.run, wildcards.method
        return [f"results/learning_rates/{task}/{run}/{method}.json"]
    return []


def learning_rate_choice(wildcards):
    """Grid, validation share and number of trials of the choice."""
    return config["tasks"][wildcards.task]["learning_rate_choice"]


def block_trials(wildcards):
    """Trials that one job runs."""
    return plan.block_trials(wildcards.task, int(wildcards.block))
