using System.Collections.Immutable;
using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Images;

namespace Pqf.Cli.Configuration;

/// <summary>A run's settings: every key of the configuration file. Null means that the network's file, or the command, decides.</summary>
sealed record Config
{
    /// <summary>The keys as they were given, a file's and the command line's.</summary>
    internal ConfigNode.Mapping Source { get; init; } = ConfigNode.Mapping.Empty("");

    /// <summary><c>dataloader</c>.</summary>
    public DataloaderConfig Dataloader { get; init; } = new();

    /// <summary><c>epochs</c> of fine-tuning (paper, section 5: 9).</summary>
    public int Epochs { get; init; } = 9;

    /// <summary><c>patience</c>: epochs in a row without a better one after which training ends; null for none.</summary>
    public int? Patience { get; init; }

    /// <summary><c>best_metric</c>: what decides which epoch is the best; null for accuracy, or box AP of detectors.</summary>
    public string? BestMetric { get; init; }

    /// <summary><c>learning_rate</c> at the start (paper, section 5: 1e-3).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary><c>momentum</c> of <c>sgd</c>; null for 0.9.</summary>
    public double? Momentum { get; init; }

    /// <summary><c>weight_decay</c> of <c>sgd</c>; null for none.</summary>
    public double? WeightDecay { get; init; }

    /// <summary><c>optimizer</c>.</summary>
    public OptimizerType Optimizer { get; init; } = OptimizerType.Adam;

    /// <summary><c>lr_scheduler</c>.</summary>
    public LrSchedulerConfig LrScheduler { get; init; } = new();

    /// <summary><c>skip_initial_validation</c>: start fine-tuning without measuring first.</summary>
    public bool SkipInitialValidation { get; init; }

    /// <summary><c>label_smoothing</c>: share of each label that is spread over all classes.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary><c>distillation</c>.</summary>
    public DistillationConfig Distillation { get; init; } = new();

    /// <summary><c>save_minutes</c>: time between two savings of a run's state; 0 saves after every step.</summary>
    public double SaveMinutes { get; init; } = 10;

    /// <summary><c>rank_minutes</c>: how long processes under MPI wait for one that has not come to an exchange; 0 waits for
    /// ever.</summary>
    public double RankMinutes { get; init; } = 10;

    /// <summary><c>rank_bucket_mb</c>: megabytes of gradients that processes under MPI exchange together, while those of earlier layers are
    /// still to come; 0 exchanges all after the way back.</summary>
    public double RankBucketMb { get; init; } = TrainingOptions.DefaultBucketBytes / 1e6;

    /// <summary><c>output_path</c>: the folder that results go to.</summary>
    public string? OutputPath { get; init; }

    /// <summary><c>model</c>.</summary>
    public ModelConfig Model { get; init; } = new();

    /// <summary><c>preprocessing</c>.</summary>
    public PreprocessingConfig Preprocessing { get; init; } = new();

    /// <summary><c>seed</c>: one seed, one result.</summary>
    public long Seed { get; init; }

    /// <summary><c>device</c>: auto, host, cuda, opencl.</summary>
    public string Device { get; init; } = "auto";

    /// <summary><c>threads</c> of the host; 0 takes all cores.</summary>
    public int Threads { get; init; }

    /// <summary><c>format</c>: the kinds of file to write; empty for <see cref="UsualFormats"/>, or the only one that holds a
    /// network.</summary>
    public ImmutableArray<ModelFormat> Formats { get; init; } = [];

    /// <summary>The kinds of file to write of a network that any of them holds.</summary>
    public ImmutableArray<ModelFormat> UsualFormats => Formats.IsEmpty ? [ModelFormat.Pqf] : Formats;

    /// <summary><c>search</c>: how channel orders are searched; null leaves it to <c>model.permutation_specs</c> and the default.</summary>
    public SearchStrategy? Search { get; init; }

    /// <summary><c>calibration</c>: what is done on photographs after quantising.</summary>
    public CalibrationLevel Calibration { get; init; } = CalibrationLevel.Auto;

    /// <summary><c>calibrate_minutes</c>: minutes from the start of compressing in which calibration should be done; null for no such
    /// limit.</summary>
    public double? CalibrateMinutes { get; init; }

    /// <summary><c>calibrate_steps</c>: steps of the level <see cref="CalibrationLevel.Network"/>; null for as many as there is time for,
    /// or the default.</summary>
    public int? CalibrateSteps { get; init; }

    /// <summary><c>target_size</c>: block lengths and codebook sizes are chosen for it; null for no such size.</summary>
    public SizeTarget? TargetSize { get; init; }

    /// <summary><c>target_ratio</c>: the same, as a ratio of sizes.</summary>
    public SizeTarget? TargetRatio { get; init; }

    /// <summary><c>max_loss</c>: points of agreement with the dense network that the smallest size wanted may lose; null looks for no
    /// such size.</summary>
    public double? MaxLoss { get; init; }
}

/// <summary>Where images come from, and how.</summary>
sealed record DataloaderConfig
{
    /// <summary><c>imagenet_path</c>: a folder of class folders, or one that holds <c>val</c> (and <c>train</c>).</summary>
    public string? ImagenetPath { get; init; }

    /// <summary><c>idx_path</c>: a folder of IDX files, as MNIST and its successors come.</summary>
    public string? IdxPath { get; init; }

    /// <summary><c>train_images_per_class</c>: where there are no folders <c>train</c> and <c>val</c>, that many files of each class are
    /// trained on, the first by name, and the rest validate.</summary>
    public int? TrainImagesPerClass { get; init; }

    /// <summary><c>validation_fraction</c>: share of the images to train on that is held back to validate on, class by class.</summary>
    public double? ValidationFraction { get; init; }

    /// <summary><c>split_seed</c>: draws them.</summary>
    public long SplitSeed { get; init; }

    /// <summary><c>skip_corrupt</c>: leave out images that cannot be decoded.</summary>
    public bool SkipCorrupt { get; init; }

    /// <summary><c>coco_path</c>.</summary>
    public string? CocoPath { get; init; }

    /// <summary><c>train_annotations</c>: a file in COCO's format; wins over <see cref="CocoPath"/>, as the next three.</summary>
    public string? TrainAnnotations { get; init; }

    /// <summary><c>train_images</c>: their folder.</summary>
    public string? TrainImages { get; init; }

    /// <summary><c>val_annotations</c>.</summary>
    public string? ValAnnotations { get; init; }

    /// <summary><c>val_images</c>.</summary>
    public string? ValImages { get; init; }

    /// <summary><c>num_workers</c>: threads that decode images; null and 0 take one per core.</summary>
    public int? NumWorkers { get; init; }

    /// <summary><c>batch_size</c>.</summary>
    public int? BatchSize { get; init; }

    /// <summary><c>micro_batch</c>: images of a batch that are in memory together; null for all of them.</summary>
    public int? MicroBatch { get; init; }

    /// <summary><c>train_shuffle</c>.</summary>
    public bool TrainShuffle { get; init; } = true;

    /// <summary><c>train_passes</c>: how often an epoch of a detector's training takes each image; few images need not be validated and
    /// saved after every pass.</summary>
    public int TrainPasses { get; init; } = 1;

    /// <summary><c>validation_shuffle</c>.</summary>
    public bool ValidationShuffle { get; init; }
}

/// <summary>Keys of <c>distillation</c>: a network to learn from beside the labels.</summary>
sealed record DistillationConfig
{
    /// <summary><c>teacher</c>: path of the teacher network. Omit it to train without distillation.</summary>
    public string? Teacher { get; init; }

    /// <summary><c>weight</c> of the teacher's answers; the labels have the rest.</summary>
    public double Weight { get; init; } = new TeacherMix().Weight;

    /// <summary><c>temperature</c> that both networks' logits are divided by.</summary>
    public double Temperature { get; init; } = new TeacherMix().Temperature;
}

/// <summary>Which optimizer fine-tunes.</summary>
enum OptimizerType
{
    /// <summary>Stochastic gradient descent with momentum.</summary>
    Sgd,

    /// <summary>Adam.</summary>
    Adam,
}

/// <summary>How the learning rate falls.</summary>
enum LrSchedulerType
{
    /// <summary>Half a cosine, by batch.</summary>
    Cosine,

    /// <summary>By a factor when the metric stops improving.</summary>
    Plateau,

    /// <summary>By a factor at given epochs.</summary>
    MultiStep,

    /// <summary>Not at all.</summary>
    None,
}

/// <summary>Keys of <c>lr_scheduler</c>.</summary>
sealed record LrSchedulerConfig
{
    /// <summary><c>type</c>.</summary>
    public LrSchedulerType Type { get; init; } = LrSchedulerType.Cosine;

    /// <summary><c>min_lr</c> (paper, section 5: 1e-6).</summary>
    public double MinLr { get; init; } = 1e-6;

    /// <summary><c>patience</c> of <c>plateau</c>, in epochs.</summary>
    public int Patience { get; init; } = 10;

    /// <summary><c>factor</c> of <c>plateau</c> and <c>multistep</c>.</summary>
    public double Factor { get; init; } = 0.1;

    /// <summary><c>milestones</c> of <c>multistep</c>, in epochs.</summary>
    public ImmutableArray<int> Milestones { get; init; } = [];

    /// <summary><c>last_epoch</c>: the epoch to resume from; −1 starts.</summary>
    public int LastEpoch { get; init; } = -1;
}

/// <summary>Keys of <c>model</c>.</summary>
sealed record ModelConfig
{
    /// <summary><c>arch</c>.</summary>
    public string? Arch { get; init; }

    /// <summary><c>class_count</c>.</summary>
    public int? ClassCount { get; init; }

    /// <summary><c>input_channels</c>, or <c>grey: true</c> for 1.</summary>
    public int? InputChannels { get; init; }

    /// <summary><c>width</c>: channels of the first stage.</summary>
    public int? Width { get; init; }

    /// <summary><c>maskrcnn</c>.</summary>
    public MaskRcnnConfig MaskRcnn { get; init; } = new();

    /// <summary><c>random_weights</c>: the file gives the network alone, training draws its weights.</summary>
    public bool RandomWeights { get; init; }

    /// <summary><c>compress</c>: permute and quantise before training.</summary>
    public bool Compress { get; init; } = true;

    /// <summary><c>class_names</c>, as a list.</summary>
    public ImmutableArray<string> ClassNames { get; init; } = [];

    /// <summary><c>class_names</c>, as the path of a text file with one name a line.</summary>
    public string? ClassNamesPath { get; init; }

    /// <summary><c>compression_parameters</c>.</summary>
    public CompressionSpec Compression { get; init; } = new();

    /// <summary><c>column_weights</c>: a file of how much errors in the columns of weights count.</summary>
    public string? ColumnWeights { get; init; }

    /// <summary><c>use_permutations</c>.</summary>
    public bool UsePermutations { get; init; } = true;

    /// <summary><c>sls_iterations</c>: proposals of the stochastic search.</summary>
    public int SlsIterations { get; init; } = new PermutationSpec().Proposals;

    /// <summary><c>permutations</c>: if not empty, only these groups.</summary>
    public ImmutableArray<(ImmutableArray<string> Parents, ImmutableArray<string> Children)> Permutations { get; init; } = [];

    /// <summary><c>permutation_specs</c>.</summary>
    public ImmutableDictionary<string, LayerPermutationConfig> PermutationSpecs { get; init; } =
        ImmutableDictionary<string, LayerPermutationConfig>.Empty;

    /// <summary><c>state_dict_compressed</c>: a compressed network's file.</summary>
    public string? StateDictCompressed { get; init; }
}

/// <summary>Keys of <c>permutation_specs.&lt;layer&gt;</c>.</summary>
/// <param name="Reshape"><c>reshape</c>: the shape through which the layer's channels are seen; empty for its own.</param>
/// <param name="Optimization"><c>optimization</c>: steps of the search; empty for the network's.</param>
sealed record LayerPermutationConfig(ImmutableArray<int> Reshape, ImmutableArray<PermutationStrategy> Optimization);

/// <summary>Keys of <c>preprocessing</c>; null keeps what the network's file says, or ImageNet's.</summary>
sealed record PreprocessingConfig
{
    /// <summary><c>resize</c>: pixels of the shorter side.</summary>
    public int? Resize { get; init; }

    /// <summary><c>crop</c>: side of the square.</summary>
    public int? Crop { get; init; }

    /// <summary><c>exif</c>: what becomes of orientation tags where data sets are read.</summary>
    public ExifOrientation Exif { get; init; } = ExifOrientation.Apply;

    /// <summary><c>padding</c>, <c>random_crop</c> and <c>random_flip</c> of training images.</summary>
    public Augmentation Augmentation { get; init; } = new();

    /// <summary><c>mean</c> of each channel, 0 … 1.</summary>
    public ImmutableArray<float> Mean { get; init; } = [];

    /// <summary><c>deviation</c> of each channel, 0 … 1.</summary>
    public ImmutableArray<float> Deviation { get; init; } = [];
}

/// <summary>What is done on photographs without labels, from quick to thorough.</summary>
enum CalibrationLevel
{
    /// <summary>As the command needs: <see cref="Layers"/> to compress, and <see cref="Network"/> where minutes are given for it; <see
    /// cref="Norms"/> where training follows.</summary>
    Auto,

    /// <summary>Nothing.</summary>
    None,

    /// <summary>Statistics of norms are estimated again.</summary>
    Norms,

    /// <summary>Each layer's codes and codebook are made to give the dense layer's output.</summary>
    Layers,

    /// <summary>After that, codebooks, norms and biases are trained on the dense network's answers.</summary>
    Network,
}

/// <summary>How far the search for channel orders goes, from the greedy start.</summary>
enum SearchStrategy
{
    /// <summary>The greedy start alone.</summary>
    Greedy,

    /// <summary>Random exchanges, kept when the objective falls.</summary>
    Stochastic,

    /// <summary>Exchanges until none improves.</summary>
    Descent,
}
