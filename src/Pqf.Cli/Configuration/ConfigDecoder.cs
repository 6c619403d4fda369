using System.Collections.Immutable;
using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Detection;
using Pqf.Compression.Model;
using Pqf.Compression.Training;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;

namespace Pqf.Cli.Configuration;

/// <summary>Turns mappings into <see cref="Config"/>: the one list of keys, their types and their ranges.</summary>
static class ConfigDecoder
{
    /// <summary>Codes are at most 16 bits wide.</summary>
    const int MaxK = 65_536,
        MaxEpochs = 100_000,
        MaxSteps = 100_000,
        MaxBucketMb = 1_000;

    static readonly Choice<ValueForm> Form = Values.Choice(
        ("8bit", ValueForm.Scaled8),
        ("half", ValueForm.Half),
        ("float", ValueForm.Single)
    );
    static readonly Choice<KMeansType> KMeans = Values.Choice(("kmeans", KMeansType.KMeans), ("src", KMeansType.Src));

    /// <summary>Reads the top level.</summary>
    public static Config Read(Section top)
    {
        var defaults = new Config();
        var config = new Config
        {
            Dataloader = top.Child("dataloader", Dataloader),
            Epochs = top.Read("epochs", defaults.Epochs, Values.Integer(0, MaxEpochs)),
            Patience = top.ReadOptional("patience", Values.Integer(1, MaxEpochs)),
            BestMetric = top.Read<string?>("best_metric", null, BestMetric),
            LearningRate = top.Read("learning_rate", defaults.LearningRate, Values.Positive),
            Momentum = top.ReadOptional("momentum", Values.Number(0, 1)),
            WeightDecay = top.ReadOptional("weight_decay", Values.Number(0)),
            Optimizer = top.Read("optimizer", defaults.Optimizer, Values.Choice(("sgd", OptimizerType.Sgd), ("adam", OptimizerType.Adam))),
            LrScheduler = top.Child("lr_scheduler", LrScheduler),
            SkipInitialValidation = top.Read("skip_initial_validation", defaults.SkipInitialValidation, Values.Boolean),
            LabelSmoothing = top.Read("label_smoothing", defaults.LabelSmoothing, Values.Number(0, 1)),
            Distillation = top.Child("distillation", Distillation),
            SaveMinutes = top.Read("save_minutes", defaults.SaveMinutes, Values.Number(0)),
            RankMinutes = top.Read("rank_minutes", defaults.RankMinutes, Values.Number(0)),
            RankBucketMb = top.Read("rank_bucket_mb", defaults.RankBucketMb, Values.Number(0, MaxBucketMb)),
            OutputPath = top.ReadText("output_path"),
            Model = top.Child("model", Model),
            Preprocessing = top.Child("preprocessing", Preprocessing),
            Seed = top.Read("seed", defaults.Seed, Values.Long()),
            Device = top.Read("device", defaults.Device, Values.Text),
            Threads = top.Read("threads", defaults.Threads, Values.Integer(0, 1024)),
            Formats = top.Read("format", defaults.Formats, Values.List(Format.Parse)),
            Search = top.ReadOptional("search", Search),
            Calibration = top.Read("calibration", defaults.Calibration, Calibration),
            CalibrateMinutes = top.ReadOptional("calibrate_minutes", Values.Number(0)),
            CalibrateSteps = top.ReadOptional("calibrate_steps", Values.Integer(0, MaxSteps)),
            TargetSize = top.Read<SizeTarget?>("target_size", null, TargetSize),
            TargetRatio = top.Read<SizeTarget?>("target_ratio", null, TargetRatio),
            MaxLoss = top.ReadOptional("max_loss", Values.Number(0, 100)),
        };
        if (config.LrScheduler.LastEpoch >= Math.Max(config.Epochs, 1))
            top.Reject(
                "lr_scheduler",
                $"expected a last_epoch below epochs ({config.Epochs}), because that many epochs count as done, got "
                    + $"{config.LrScheduler.LastEpoch}"
            );
        return config;
    }

    /// <summary>A kind of network file.</summary>
    public static Choice<ModelFormat> Format { get; } =
        Values.Choice(
            ("pqf", ModelFormat.Pqf),
            ("pth", ModelFormat.Pth),
            ("safetensors", ModelFormat.Safetensors),
            ("onnx", ModelFormat.Onnx)
        );

    static Choice<CalibrationLevel> Calibration { get; } =
        Values.Choice(
            ("auto", CalibrationLevel.Auto),
            ("none", CalibrationLevel.None),
            ("norms", CalibrationLevel.Norms),
            ("layers", CalibrationLevel.Layers),
            ("network", CalibrationLevel.Network)
        );

    static Choice<string?> BestMetric { get; } =
        Values.Choice<string?>([
            .. new[]
            {
                Classification.Accuracy,
                Metrics.Loss,
                DetectorTask.BoxAp,
                DetectorTask.BoxAp50,
                DetectorTask.MaskAp,
                DetectorTask.MaskAp50,
            }.Select(name => (name, (string?)name)),
        ]);

    static Result<SizeTarget?, Problem> TargetSize(ConfigNode node) =>
        Values
            .Text(node)
            .Bind<SizeTarget?>(text => SizeTarget.Parse(text) is { } size ? size : Values.Unexpected(SizeTarget.Expected, node));

    static Result<SizeTarget?, Problem> TargetRatio(ConfigNode node) =>
        Values
            .Number()(node)
            .Bind<SizeTarget?>(ratio => ratio > 1 ? new SizeTarget.Ratio(ratio) : Values.Unexpected("a number above 1", node));

    static Choice<SearchStrategy> Search { get; } =
        Values.Choice(("greedy", SearchStrategy.Greedy), ("stochastic", SearchStrategy.Stochastic), ("descent", SearchStrategy.Descent));

    static DataloaderConfig Dataloader(Section section)
    {
        var config = new DataloaderConfig
        {
            ImagenetPath = section.ReadText("imagenet_path"),
            IdxPath = section.ReadText("idx_path"),
            TrainImagesPerClass = section.ReadOptional("train_images_per_class", Values.Integer(1)),
            ValidationFraction = section.ReadOptional("validation_fraction", Values.Between(0, 1)),
            SplitSeed = section.Read("split_seed", new DataloaderConfig().SplitSeed, Values.Long()),
            SkipCorrupt = section.Read("skip_corrupt", new DataloaderConfig().SkipCorrupt, Values.Boolean),
            CocoPath = section.ReadText("coco_path"),
            TrainAnnotations = section.ReadText("train_annotations"),
            TrainImages = section.ReadText("train_images"),
            ValAnnotations = section.ReadText("val_annotations"),
            ValImages = section.ReadText("val_images"),
            NumWorkers = section.ReadOptional("num_workers", Values.Integer(0, 1024)),
            BatchSize = section.ReadOptional("batch_size", Values.Integer(1, 65_536)),
            MicroBatch = section.ReadOptional("micro_batch", Values.Integer(1, 65_536)),
            TrainShuffle = section.Read("train_shuffle", new DataloaderConfig().TrainShuffle, Values.Boolean),
            TrainPasses = section.Read("train_passes", new DataloaderConfig().TrainPasses, Values.Integer(1, 65_536)),
            ValidationShuffle = section.Read("validation_shuffle", new DataloaderConfig().ValidationShuffle, Values.Boolean),
        };
        if (config.ValidationFraction is null && config.SplitSeed != new DataloaderConfig().SplitSeed)
            section.Reject(
                "split_seed",
                "expected dataloader.validation_fraction beside it, the share of the training images that the seed draws, got none"
            );
        return config;
    }

    static DistillationConfig Distillation(Section section)
    {
        var defaults = new DistillationConfig();
        return new()
        {
            Teacher = section.ReadText("teacher"),
            Weight = section.Read("weight", defaults.Weight, Values.Number(0, 1)),
            Temperature = section.Read("temperature", defaults.Temperature, Values.Positive),
        };
    }

    static LrSchedulerConfig LrScheduler(Section section)
    {
        var defaults = new LrSchedulerConfig();
        return new()
        {
            Type = section.Read(
                "type",
                defaults.Type,
                Values.Choice(
                    ("cosine", LrSchedulerType.Cosine),
                    ("plateau", LrSchedulerType.Plateau),
                    ("multistep", LrSchedulerType.MultiStep),
                    ("none", LrSchedulerType.None)
                )
            ),
            MinLr = section.Read("min_lr", defaults.MinLr, Values.Number(0)),
            Patience = section.Read("patience", defaults.Patience, Values.Integer(0)),
            Factor = section.Read("factor", defaults.Factor, Values.Number(0, 1)),
            Milestones = section.Read("milestones", defaults.Milestones, Values.List(Values.Integer(0))),
            LastEpoch = section.Read("last_epoch", defaults.LastEpoch, Values.Integer(-1)),
        };
    }

    static ModelConfig Model(Section section)
    {
        var defaults = new ModelConfig();
        bool grey = section.Read("grey", false, Values.Boolean);
        int? inputChannels = section.ReadOptional("input_channels", Values.Choice(("1", 1), ("3", 3)));
        if (grey && inputChannels is 3)
            section.Reject("grey", "expected input_channels 1 for grey images, got 3");
        var (names, namesPath) = section.Read("class_names", ([], null), ClassNames);
        return new()
        {
            Arch = section.ReadText("arch"),
            ClassCount = section.ReadOptional("class_count", Values.Integer(1)),
            InputChannels = grey ? 1 : inputChannels,
            Width = section.ReadOptional("width", Values.Integer(1)),
            MaskRcnn = section.Child("maskrcnn", MaskRcnn),
            RandomWeights = section.Read("random_weights", defaults.RandomWeights, Values.Boolean),
            Compress = section.Read("compress", defaults.Compress, Values.Boolean),
            ClassNames = names,
            ClassNamesPath = namesPath,
            Compression = section.Child("compression_parameters", Compression),
            ColumnWeights = section.ReadText("column_weights"),
            UsePermutations = section.Read("use_permutations", defaults.UsePermutations, Values.Boolean),
            SlsIterations = section.Read("sls_iterations", defaults.SlsIterations, Values.Integer(0)),
            Permutations = section.Read("permutations", defaults.Permutations, Values.List(PermutationGroup)),
            PermutationSpecs = section.Layers("permutation_specs", LayerPermutation),
            StateDictCompressed = section.ReadText("state_dict_compressed"),
        };
    }

    static MaskRcnnConfig MaskRcnn(Section section) =>
        new()
        {
            MinSize = section.ReadOptional("min_size", Values.Integer(1, 65_536)),
            MaxSize = section.ReadOptional("max_size", Values.Integer(1, 65_536)),
            RpnPreNmsTopNTrain = section.ReadOptional("rpn_pre_nms_top_n_train", Values.Integer(1)),
            RpnPreNmsTopNTest = section.ReadOptional("rpn_pre_nms_top_n_test", Values.Integer(1)),
            RpnPostNmsTopNTrain = section.ReadOptional("rpn_post_nms_top_n_train", Values.Integer(1)),
            RpnPostNmsTopNTest = section.ReadOptional("rpn_post_nms_top_n_test", Values.Integer(1)),
            RpnBatchSizePerImage = section.ReadOptional("rpn_batch_size_per_image", Values.Integer(1)),
            BoxBatchSizePerImage = section.ReadOptional("box_batch_size_per_image", Values.Integer(1)),
            BoxScoreThresh = Single(section.ReadOptional("box_score_thresh", Values.Number(0, 1))),
            BoxNmsThresh = Single(section.ReadOptional("box_nms_thresh", Values.Number(0, 1))),
            BoxDetectionsPerImg = section.ReadOptional("box_detections_per_img", Values.Integer(1)),
        };

    static float? Single(double? value) => (float?)value;

    // A list is names; a text is the path of a file of names.
    static Result<(ImmutableArray<string> Names, string? Path), Problem> ClassNames(ConfigNode node) =>
        node is ConfigNode.Scalar path ? ([], path.Text) : Values.List(Values.Text)(node).Map(names => (names, (string?)null));

    static CompressionSpec Compression(Section section)
    {
        var defaults = new CompressionSpec();
        return defaults with
        {
            IgnoredModules = [.. section.Read("ignored_modules", [.. defaults.IgnoredModules], Values.List(Values.Text))],
            K = section.Read("k", defaults.K, Values.Integer(1, MaxK)),
            FcSubvectorSize = section.Read("fc_subvector_size", defaults.FcSubvectorSize, Values.Integer(1)),
            PwSubvectorSize = section.Read("pw_subvector_size", defaults.PwSubvectorSize, Values.Integer(1)),
            LargeSubvectors = section.Read("large_subvectors", defaults.LargeSubvectors, Values.Boolean),
            KMeansType = section.Read("k_means_type", defaults.KMeansType, KMeans),
            KMeansIterations = section.Read("k_means_n_iters", defaults.KMeansIterations, Values.Integer(0)),
            SmallLayers = section.ReadOptional("small_layers", Form),
            DenseValues = section.ReadOptional("dense_values", Values.Choice(("half", ValueForm.Half), ("float", ValueForm.Single))),
            Compact = section.ReadOptional("compact", Values.Boolean),
            LayerSpecs = section.Layers("layer_specs", Layer).ToImmutableSortedDictionary(),
        };
    }

    // The published code reads kmeans_type where its files say k_means_type: both are accepted.
    static LayerSpec Layer(Section section) =>
        new()
        {
            K = section.ReadOptional("k", Values.Integer(1, MaxK)),
            Values = section.ReadOptional("values", Form),
            SubvectorSize = section.ReadOptional("subvector_size", Values.Integer(1)),
            LargeSubvectors = section.ReadOptional("large_subvectors", Values.Boolean),
            KMeansType = section.ReadOptional("k_means_type", KMeans) ?? section.ReadOptional("kmeans_type", KMeans),
            KMeansIterations =
                section.ReadOptional("k_means_n_iters", Values.Integer(0)) ?? section.ReadOptional("kmeans_n_iters", Values.Integer(0)),
        };

    static LayerPermutationConfig LayerPermutation(Section section) =>
        new(
            section.Read<ImmutableArray<int>>("reshape", [], Values.List(Values.Integer(1))),
            section.Read<ImmutableArray<PermutationStrategy>>(
                "optimization",
                [],
                Values.List(
                    Values
                        .Choice(
                            ("GREEDY", PermutationStrategy.Greedy),
                            ("STOCHASTIC", PermutationStrategy.Stochastic),
                            ("RANDOM", PermutationStrategy.Random),
                            ("DESCENT", PermutationStrategy.Descent)
                        )
                        .Parse
                )
            )
        );

    // [{parents: […]}, {children: […]}], or {parents: […], children: […]}.
    static Result<(ImmutableArray<string> Parents, ImmutableArray<string> Children), Problem> PermutationGroup(ConfigNode node)
    {
        const string Expected = "[{parents: […]}, {children: […]}]";
        ImmutableArray<ConfigNode> parts = node is ConfigNode.Sequence sequence ? sequence.Items : [node];
        var entries = parts.OfType<ConfigNode.Mapping>().SelectMany(mapping => mapping.Entries).ToImmutableArray();
        if (entries.Length != 2 || !entries.Select(entry => entry.Key).Order(StringComparer.Ordinal).SequenceEqual(["children", "parents"]))
            return new Problem(
                Values.Unexpected(Expected, node).Text
                    + (node is ConfigNode.Sequence || entries.IsEmpty ? "" : $" of {string.Join(", ", entries.Select(entry => entry.Key))}")
            );
        var names = Values.List(Values.Text);
        return names(entries.First(entry => entry.Key == "parents").Value)
            .Bind(parents => names(entries.First(entry => entry.Key == "children").Value).Map(children => (parents, children)));
    }

    static PreprocessingConfig Preprocessing(Section section)
    {
        // Of pixels from 0 to 1, or to 65,535 at the most.
        var means = Values.List<float>(node => Values.Number(-1e6, 1e6)(node).Map(value => (float)value));
        var deviations = Values.List<float>(node => Values.Number(1e-6, 1e6)(node).Map(value => (float)value));
        var config = new PreprocessingConfig
        {
            Resize = section.ReadOptional("resize", Values.Integer(1, Nets.Images.Preprocessing.MaxSide)),
            Crop = section.ReadOptional("crop", Values.Integer(1, Nets.Images.Preprocessing.MaxSide)),
            Exif = section.Read(
                "exif",
                new PreprocessingConfig().Exif,
                Values.Choice(("apply", ExifOrientation.Apply), ("ignore", ExifOrientation.Ignore))
            ),
            Augmentation = Augmentation(section),
            Mean = section.Read<ImmutableArray<float>>("mean", [], means),
            Deviation = section.Read<ImmutableArray<float>>("deviation", [], deviations),
        };
        if (config.Crop > config.Resize)
            section.Reject("crop", $"expected at most resize ({config.Resize}), got {config.Crop}");
        if (config.Mean.Length is not (0 or 1 or 3))
            section.Reject("mean", $"expected 1 or 3 numbers, got {config.Mean.Length}");
        if (config.Deviation.Length is not (0 or 1 or 3))
            section.Reject("deviation", $"expected 1 or 3 numbers, got {config.Deviation.Length}");
        return config;
    }

    static Augmentation Augmentation(Section section)
    {
        var defaults = new Augmentation();
        var augmentation = new Augmentation
        {
            Padding = section.Read("padding", defaults.Padding, Values.Integer(0, Nets.Images.Preprocessing.MaxSide)),
            RandomCrop = section.Read("random_crop", defaults.RandomCrop, Values.Boolean),
            RandomFlip = section.Read("random_flip", defaults.RandomFlip, Values.Boolean),
            RandomScale = RandomScale(section),
            ColorJitter = section.Child(
                "color_jitter",
                ColorJitter,
                "a mapping of brightness, contrast, saturation and hue ({brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.1}, or "
                    + "on the command line --preprocessing.color_jitter.brightness 0.4)"
            ),
        };
        if (augmentation is { RandomScale: not null, Padding: > 0 })
            section.Reject("padding", $"expected 0 beside random_scale, which takes its place, got {augmentation.Padding}");
        if (augmentation is { RandomScale: not null, RandomCrop: false })
            section.Reject("random_crop", "expected true beside random_scale, which takes its place, got false");
        return augmentation;
    }

    static RandomScale? RandomScale(Section section)
    {
        const double MostRatio = 1000;
        var areas = section.Read<ImmutableArray<double>>("random_scale", [], Values.Span(0, 1));
        var ratios = section.Read<ImmutableArray<double>>("random_ratio", [], Values.Span(1 / MostRatio, MostRatio));
        if (areas is not [var least, var most])
        {
            section.Reject("random_ratio", "expected random_scale beside it, got none");
            return null;
        }

        if (least == 0)
            section.Reject("random_scale", "expected a share of the area above 0, got 0");
        var scale = new RandomScale(least, most);
        return ratios is [var narrowest, var widest] ? scale with { LeastRatio = narrowest, MostRatio = widest } : scale;
    }

    static ColorJitter ColorJitter(Section section)
    {
        const double Most = 100;
        return new()
        {
            Brightness = section.Read("brightness", 0.0, Values.Number(0, Most)),
            Contrast = section.Read("contrast", 0.0, Values.Number(0, Most)),
            Saturation = section.Read("saturation", 0.0, Values.Number(0, Most)),
            Hue = section.Read("hue", 0.0, Values.Number(0, 0.5)),
        };
    }
}
