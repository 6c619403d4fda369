using Pqf.Autodiff;
using Pqf.Cli.Configuration;
using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Testing;
using Xunit;

namespace Pqf.Cli.Tests.Configuration;

public class ConfigTests
{
    /// <summary>Every key that users of the published code have, and this project's own, each with a value that is not its
    /// default.</summary>
    const string Everything = """
        dataloader: {imagenet_path: /data/imagenet, coco_path: /data/coco, num_workers: 3, batch_size: 1_28, micro_batch: 32, train_shuffle: no, train_passes: 4, validation_shuffle: yes,
                     idx_path: /data/idx, train_images_per_class: 3, validation_fraction: .2, split_seed: 9, skip_corrupt: yes,
                     train_annotations: a.json, train_images: a, val_annotations: b.json, val_images: b}
        epochs: 5
        patience: 4
        best_metric: LOSS
        learning_rate: 1.e-4
        momentum: .5
        weight_decay: 1e-4
        optimizer: sgd
        lr_scheduler: {type: multistep, min_lr: 1.e-6, patience: 2, factor: 0.5, milestones: [3, 6], last_epoch: 2}
        label_smoothing: 0.1
        distillation: {teacher: dense.pth, weight: 0.75, temperature: 4}
        save_minutes: 2.5
        rank_minutes: 1.5
        rank_bucket_mb: 2.25
        skip_initial_validation: true
        output_path: results
        seed: 7
        device: host
        threads: 2
        format: [pqf, pth]
        search: descent
        calibration: layers
        calibrate_minutes: 12.5
        calibrate_steps: 700
        target_size: 1.5MB
        target_ratio: 40.5
        max_loss: 2.5
        preprocessing: {resize: 36, crop: 32, mean: [0.5], deviation: [0.25], padding: 4, random_crop: no, random_flip: no, exif: ignore,
                        color_jitter: {brightness: 0.4, contrast: 0.3, saturation: 0.2, hue: 0.1}}
        model:
          arch: resnet50ssl
          class_count: 10
          input_channels: 1
          class_names: [cat, dog]
          width: 32
          compress: no
          maskrcnn:
            min_size: 320
            max_size: 533
            rpn_pre_nms_top_n_train: 500
            rpn_pre_nms_top_n_test: 400
            rpn_post_nms_top_n_train: 300
            rpn_post_nms_top_n_test: 200
            rpn_batch_size_per_image: 64
            box_batch_size_per_image: 128
            box_score_thresh: 0.25
            box_nms_thresh: 0.5
            box_detections_per_img: 20
          use_permutations: False
          sls_iterations: 10_000
          permutations:
            - - parents: [layer1.0.conv1, layer1.0.bn1]
              - children: [layer1.0.conv2]
          permutation_specs:
            roi_heads.box_head.fc6: {reshape: [1024, 256, 7, 7], optimization: [STOCHASTIC]}
          state_dict_compressed: model.pth
          compression_parameters:
            ignored_modules: [conv1, fc]
            k: 512
            fc_subvector_size: 8
            pw_subvector_size: 2
            large_subvectors: on
            k_means_type: kmeans
            k_means_n_iters: 1_00
            small_layers: half
            dense_values: half
            compact: yes
            layer_specs:
              fc: {k: 2048, subvector_size: 16, large_subvectors: off, kmeans_type: src, kmeans_n_iters: 50}
              layer1.0.conv1: {k_means_type: kmeans, k_means_n_iters: 20}
              layer1.0.conv2: {values: 8bit}
        """;

    [Fact]
    public void Every_key_loads()
    {
        using var file = new TemporaryFile(Everything);
        var config = Loaded(ConfigLoader.Load(file.Path, []));

        Assert.Equal(
            new DataloaderConfig
            {
                ImagenetPath = "/data/imagenet",
                CocoPath = "/data/coco",
                TrainAnnotations = "a.json",
                TrainImages = "a",
                ValAnnotations = "b.json",
                ValImages = "b",
                NumWorkers = 3,
                BatchSize = 128,
                MicroBatch = 32,
                TrainShuffle = false,
                TrainPasses = 4,
                ValidationShuffle = true,
                IdxPath = "/data/idx",
                TrainImagesPerClass = 3,
                ValidationFraction = 0.2,
                SplitSeed = 9,
                SkipCorrupt = true,
            },
            config.Dataloader
        );
        Assert.Equal((4, "loss"), (config.Patience, config.BestMetric));
        Assert.Equal((0.1, 2.5, 1.5, 2.25), (config.LabelSmoothing, config.SaveMinutes, config.RankMinutes, config.RankBucketMb));
        Assert.Equal(
            new DistillationConfig
            {
                Teacher = "dense.pth",
                Weight = 0.75,
                Temperature = 4,
            },
            config.Distillation
        );
        Assert.Equal(
            new Augmentation
            {
                Padding = 4,
                RandomCrop = false,
                RandomFlip = false,
                ColorJitter = new()
                {
                    Brightness = 0.4,
                    Contrast = 0.3,
                    Saturation = 0.2,
                    Hue = 0.1,
                },
            },
            config.Preprocessing.Augmentation
        );
        Assert.Equal(
            (5, 1e-4, 0.5, 1e-4, OptimizerType.Sgd, true, "results"),
            (
                config.Epochs,
                config.LearningRate,
                config.Momentum,
                config.WeightDecay,
                config.Optimizer,
                config.SkipInitialValidation,
                config.OutputPath
            )
        );
        Assert.Equal(
            (LrSchedulerType.MultiStep, 1e-6, 2, 0.5, 2),
            (
                config.LrScheduler.Type,
                config.LrScheduler.MinLr,
                config.LrScheduler.Patience,
                config.LrScheduler.Factor,
                config.LrScheduler.LastEpoch
            )
        );
        Assert.Equal([3, 6], config.LrScheduler.Milestones);
        Assert.Equal((7L, "host", 2, SearchStrategy.Descent), (config.Seed, config.Device, config.Threads, config.Search));
        Assert.Equal(CalibrationLevel.Layers, config.Calibration);
        Assert.Equal((12.5, 700), (config.CalibrateMinutes, config.CalibrateSteps));
        Assert.Equal(
            (new SizeTarget.Bits(12_000_000) { Unit = SizeUnit.Of("MB")! }, new SizeTarget.Ratio(40.5)),
            (config.TargetSize, config.TargetRatio)
        );
        Assert.Equal(2.5, config.MaxLoss);
        Assert.Equal(ExifOrientation.Ignore, config.Preprocessing.Exif);
        Assert.Equal([ModelFormat.Pqf, ModelFormat.Pth], config.Formats);
        Assert.Equal((36, 32), (config.Preprocessing.Resize, config.Preprocessing.Crop));
        Assert.Equal([0.5f], config.Preprocessing.Mean);
        Assert.Equal([0.25f], config.Preprocessing.Deviation);
    }

    [Fact]
    public void Every_key_of_the_model_loads()
    {
        using var file = new TemporaryFile(Everything);
        var model = Loaded(ConfigLoader.Load(file.Path, [])).Model;

        Assert.Equal(
            ("resnet50ssl", 10, 1, false, 10_000, "model.pth"),
            (model.Arch, model.ClassCount, model.InputChannels, model.UsePermutations, model.SlsIterations, model.StateDictCompressed)
        );
        Assert.Equal((32, false), (model.Width, model.Compress));
        Assert.Equal(
            new MaskRcnnConfig
            {
                MinSize = 320,
                MaxSize = 533,
                RpnPreNmsTopNTrain = 500,
                RpnPreNmsTopNTest = 400,
                RpnPostNmsTopNTrain = 300,
                RpnPostNmsTopNTest = 200,
                RpnBatchSizePerImage = 64,
                BoxBatchSizePerImage = 128,
                BoxScoreThresh = 0.25f,
                BoxNmsThresh = 0.5f,
                BoxDetectionsPerImg = 20,
            },
            model.MaskRcnn
        );
        Assert.Equal(["cat", "dog"], model.ClassNames);
        var group = Assert.Single(model.Permutations);
        Assert.Equal(["layer1.0.conv1", "layer1.0.bn1"], group.Parents);
        Assert.Equal(["layer1.0.conv2"], group.Children);
        Assert.Equal([1024, 256, 7, 7], model.PermutationSpecs["roi_heads.box_head.fc6"].Reshape);
        Assert.Equal([PermutationStrategy.Stochastic], model.PermutationSpecs["roi_heads.box_head.fc6"].Optimization);
        var spec = model.Compression;
        Assert.Equal(
            (512, 8, 2, true, KMeansType.KMeans, 100),
            (spec.K, spec.FcSubvectorSize, spec.PwSubvectorSize, spec.LargeSubvectors, spec.KMeansType, spec.KMeansIterations)
        );
        Assert.Equal(["conv1", "fc"], spec.IgnoredModules.Order());
        Assert.Equal(
            new LayerSpec
            {
                K = 2048,
                SubvectorSize = 16,
                LargeSubvectors = false,
                KMeansType = KMeansType.Src,
                KMeansIterations = 50,
            },
            spec.LayerSpecs["fc"]
        );
        Assert.Equal(new LayerSpec { KMeansType = KMeansType.KMeans, KMeansIterations = 20 }, spec.LayerSpecs["layer1.0.conv1"]);
        Assert.Equal(new LayerSpec { Values = ValueForm.Scaled8 }, spec.LayerSpecs["layer1.0.conv2"]);
        Assert.Equal((ValueForm.Half, ValueForm.Half, true), (spec.SmallLayers, spec.DenseValues, spec.Compact));
    }

    [Fact]
    public void Everything_above_is_every_key_there_is()
    {
        string[] elsewhere =
        [
            "model.grey",
            "model.random_weights",
            "model.column_weights",
            "preprocessing.random_scale",
            "preprocessing.random_ratio",
        ];
        var missing = ConfigLoader
            .KnownKeys()
            .Where(key => !Everything.Contains(key[(key.LastIndexOf('.') + 1)..] + ":", StringComparison.Ordinal));
        Assert.Equal(elsewhere, missing);
    }

    [Theory]
    [InlineData("compress_resnet18.yaml", "resnet18", false, 4, 2048)]
    [InlineData("compress_resnet18_large.yaml", "resnet18", true, 4, 2048)]
    [InlineData("compress_resnet50.yaml", "resnet50", false, 4, 1024)]
    [InlineData("compress_resnet50_large.yaml", "resnet50", true, 8, 1024)]
    public void Compression_configurations_hold_the_published_settings(string name, string arch, bool large, int pwSubvectorSize, int fcK)
    {
        var config = Loaded(ConfigLoader.Load(Path.Combine(SharedData.Repository, "config", name), []));
        var spec = config.Model.Compression;
        Assert.Equal(
            (arch, 256, large, 4, pwSubvectorSize, fcK),
            (config.Model.Arch, spec.K, spec.LargeSubvectors, spec.FcSubvectorSize, spec.PwSubvectorSize, spec.LayerSpecs["fc"].K)
        );
        Assert.Equal(
            (KMeansType.Src, 1000, 10_000, true),
            (spec.KMeansType, spec.KMeansIterations, config.Model.SlsIterations, config.Model.UsePermutations)
        );
        Assert.Equal(["conv1"], spec.IgnoredModules);
    }

    [Theory]
    [InlineData("evaluate_resnet18.yaml", "resnet18")]
    [InlineData("evaluate_resnet50.yaml", "resnet50")]
    public void Evaluation_configurations_load(string name, string arch) =>
        Assert.Equal(arch, Loaded(ConfigLoader.Load(Path.Combine(SharedData.Repository, "config", name), [])).Model.Arch);

    [Fact]
    public void A_file_of_comments_alone_is_all_defaults()
    {
        using var file = new TemporaryFile("# nothing yet\n");
        var config = Loaded(ConfigLoader.Load(file.Path, []));
        Assert.Equal((9, 256, 0L, "auto"), (config.Epochs, config.Model.Compression.K, config.Seed, config.Device));
    }

    [Fact]
    public void A_null_is_the_default()
    {
        using var file = new TemporaryFile("epochs:\nlearning_rate: ~\nmodel: {arch: null}");
        Assert.Equal(9, Loaded(ConfigLoader.Load(file.Path, [])).Epochs);
    }

    [Theory]
    [InlineData("epocs: 3", "epocs: unknown key; the nearest known one is epochs")]
    [InlineData(
        "model: {compression_parameters: {kmeans_type: src}}",
        "model.compression_parameters.kmeans_type: unknown key; the nearest known one is model.compression_parameters.k_means_type"
    )]
    [InlineData(
        "model: {compresion_parameters: {k: 4}}",
        "model.compresion_parameters: unknown key; the nearest known one is model.compression_parameters"
    )]
    [InlineData(
        "pw_subvector_size: 4",
        "pw_subvector_size: unknown key; the nearest known one is model.compression_parameters.pw_subvector_size"
    )]
    [InlineData("epochs: many", "epochs: expected a whole number from 0 to 100000, got 'many'")]
    [InlineData("epochs: 1.5", "epochs: expected a whole number from 0 to 100000, got '1.5'")]
    [InlineData("learning_rate: 0", "learning_rate: expected a number above 0, got '0'")]
    [InlineData("momentum: 2", "momentum: expected a number from 0 to 1, got '2'")]
    [InlineData("skip_initial_validation: perhaps", "skip_initial_validation: expected true or false, got 'perhaps'")]
    [InlineData("optimizer: adamw", "optimizer: expected one of sgd, adam, got 'adamw'")]
    [InlineData("model: 3", "model: expected a mapping, got '3'")]
    [InlineData("epochs: [1, [2], {a: 3}, 4, 5]", "epochs: expected a whole number from 0 to 100000, got the list [1, […], {a: …}, 4, …]")]
    [InlineData(
        "preprocessing: {color_jitter: 0.4}",
        "preprocessing.color_jitter: expected a mapping of brightness, contrast, saturation and hue ({brightness: 0.4, contrast: 0.4, "
            + "saturation: 0.4, hue: 0.1}, or on the command line --preprocessing.color_jitter.brightness 0.4), got '0.4'"
    )]
    [InlineData(
        "dataloader: {split_seed: 5}",
        "dataloader.split_seed: expected dataloader.validation_fraction beside it, the share of the training images that the seed draws, "
            + "got none"
    )]
    [InlineData("output_path: [a]", "output_path: expected a text, got the list [a]")]
    [InlineData(
        "model: {compression_parameters: {k: 70_000}}",
        "model.compression_parameters.k: expected a whole number from 1 to 65536, got '70_000'"
    )]
    [InlineData(
        "model: {compression_parameters: {layer_specs: {fc: {k: x}}}}",
        "model.compression_parameters.layer_specs.fc.k: expected a whole number from 1 to 65536, got 'x'"
    )]
    [InlineData(
        "model: {compression_parameters: {layer_specs: {fc: 3}}}",
        "model.compression_parameters.layer_specs.fc: expected a mapping, got '3'"
    )]
    [InlineData(
        "model: {permutations: [[{parents: [a]}]]}",
        "model.permutations: expected [{parents: […]}, {children: […]}], got the list [{parents: …}]"
    )]
    [InlineData("model: {grey: true, input_channels: 3}", "model.grey: expected input_channels 1 for grey images, got 3")]
    [InlineData("preprocessing: {resize: 32, crop: 64}", "preprocessing.crop: expected at most resize (32), got 64")]
    [InlineData("epochs: 2147483647", "epochs: expected a whole number from 0 to 100000, got '2147483647'")]
    [InlineData(
        "lr_scheduler: {last_epoch: 2147483647}",
        "lr_scheduler: expected a last_epoch below epochs (9), because that many epochs count as done, got 2147483647"
    )]
    [InlineData("preprocessing: {mean: [1e300]}", "preprocessing.mean: expected a number from -1000000 to 1000000, got '1e300'")]
    [InlineData("preprocessing: {deviation: [0]}", "preprocessing.deviation: expected a number from 1E-06 to 1000000, got '0'")]
    [InlineData("preprocessing: {mean: [1, 2]}", "preprocessing.mean: expected 1 or 3 numbers, got 2")]
    public void A_wrong_key_or_value_is_named_with_what_was_expected(string yaml, string expected)
    {
        using var file = new TemporaryFile(yaml);
        Assert.Equal($"{file.Path}: {expected}", Failed(ConfigLoader.Load(file.Path, [])).Message);
    }

    [Fact]
    public void All_problems_are_found_in_one_pass()
    {
        using var file = new TemporaryFile("epocs: 3\nlearning_rate: fast\nmodel: {compression_parameters: {k: 0}}");
        var error = Assert.IsType<PqfError.Several>(Failed(ConfigLoader.Load(file.Path, [])));
        Assert.Equal(
            ["learning_rate", "model.compression_parameters.k", "epocs"],
            error.Errors.Cast<PqfError.Config>().Select(one => one.Key)
        );
    }

    [Theory]
    [InlineData("a: [1, 2", "not YAML: line")]
    [InlineData("epochs: 1\nepochs: 2", "line 2: epochs occurs twice")]
    [InlineData("", "is empty; expected keys and values, or no --config for the defaults")]
    [InlineData("- 1", "expected a mapping of keys, got the list [1]")]
    [InlineData("&a [*a]", "line 1: *a: expected an anchor &a before it, got none")]
    [InlineData("a: 1\n---\nb: 2", "expected one YAML document, got several")]
    [InlineData("? [a]\n: 1", "line 1: expected a plain key")]
    public void A_file_that_is_not_one_mapping_is_refused(string yaml, string expected)
    {
        using var file = new TemporaryFile(yaml);
        Assert.Contains(expected, Failed(ConfigLoader.Load(file.Path, [])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", 100_000)]
    [InlineData("{", 100_000)]
    [InlineData("- ", 100_000)]
    [InlineData("? ", 100_000)]
    [InlineData("{a: ", 100_000)]
    public void Endless_nesting_is_refused_before_it_fills_the_stack(string opening, int times)
    {
        using var file = new TemporaryFile(string.Concat(Enumerable.Repeat(opening, times)));
        Assert.Contains(": line 1: ", Failed(ConfigLoader.Load(file.Path, [])).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 4, 20_000, "line 2")] // 20,000 keys, five times
    [InlineData(29, 4, 1, "line 8")] // four of four of four …
    public void Aliases_count_wherever_they_stand_and_have_a_limit(int levels, int fan, int width, string line)
    {
        using var file = new TemporaryFile(
            $"a0: &a0 {{{string.Join(',', Enumerable.Range(0, width).Select(i => $"k{i}: 1"))}}}\n"
                + string.Concat(
                    Enumerable.Range(1, levels).Select(i => $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", fan + 1))}]\n")
                )
        );
        Assert.Equal(
            $"{file.Path}: {line}: more than 100000 values, counting those of an alias each time that it is used",
            Failed(ConfigLoader.Load(file.Path, [])).Message
        );
    }

    [Fact]
    public void An_alias_bomb_is_refused_case_anchorbomb()
    {
        string path = SharedData.Path("cases/attack/y-anchorbomb.yaml");
        Assert.Equal(
            $"{path}: line 2: more than 100000 values, counting those of an alias each time that it is used",
            Failed(ConfigLoader.Load(path, [])).Message
        );
    }

    [Fact]
    public void Of_many_unknown_keys_a_hundred_are_named()
    {
        using var file = new TemporaryFile(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"k{i}: 1\n")));
        var error = Assert.IsType<PqfError.Several>(Failed(ConfigLoader.Load(file.Path, [])));
        Assert.Equal(101, error.Errors.Length);
        Assert.Equal($"{file.Path}: 19900 more unknown keys", error.Errors[^1].Message);
    }

    [Fact]
    public void A_merge_key_adds_the_keys_of_another_mapping_case_merge()
    {
        var layers = Loaded(ConfigLoader.Load(SharedData.Path("cases/yaml/merge.yaml"), [])).Model.Compression.LayerSpecs;
        Assert.Equal((64, 64), (layers["layer1.0.conv1"].K, layers["layer1.0.conv2"].K));
        Assert.Equal((null, 10), (layers["layer1.0.conv1"].KMeansIterations, layers["layer1.0.conv2"].KMeansIterations));
    }

    [Theory]
    [InlineData("{<<: *a, k: 5}", 5, 11)] // own keys win, before …
    [InlineData("{k: 5, <<: *a}", 5, 11)] // … and after the merge
    [InlineData("{<<: [*a, *b]}", 1, 11)] // earlier ones win
    [InlineData("{<<: [*b, *a]}", 2, 11)]
    [InlineData("{<<: {k: 7}}", 7, null)]
    [InlineData("{<<: []}", null, null)]
    [InlineData("{<<: *c}", 1, 12)] // what is merged has merged itself
    public void Merged_keys_give_way_to_own_ones_and_to_earlier_ones(string fc, int? k, int? iterations)
    {
        using var file = new TemporaryFile(
            $$"""
            model:
              compression_parameters:
                layer_specs:
                  a: &a {k: 1, k_means_n_iters: 11}
                  b: &b {k: 2}
                  c: &c {<<: *a, k_means_n_iters: 12}
                  fc: {{fc}}
            """
        );
        var spec = Loaded(ConfigLoader.Load(file.Path, [])).Model.Compression.LayerSpecs["fc"];
        Assert.Equal((k, iterations), (spec.K, spec.KMeansIterations));
    }

    [Theory]
    [InlineData("<<: 3", "line 1: <<: expected a mapping or a list of mappings, got '3'")]
    [InlineData("epochs: 1\n<<:", "line 2: <<: expected a mapping or a list of mappings, got ''")]
    [InlineData("<<: [{epochs: 1}, 2]", "line 1: <<: expected a mapping or a list of mappings, got the list [{epochs: …}, 2]")]
    [InlineData("a: &a {<<: *a}", "line 1: *a: expected an anchor &a before it, got none")]
    [InlineData("<<: {epochs: 1}\n<<: {epochs: 2}", "line 2: << occurs twice")]
    [InlineData("<<: {epocs: 1}", "epocs: unknown key; the nearest known one is epochs")]
    [InlineData("'<<': {epochs: 1}", "<<: unknown key")] // in quotes it is a key like others
    [InlineData("seed: 1\0", "line 1: holds a zero byte; expected text in UTF-8, or in UTF-16 with a byte order mark")]
    [InlineData("seed: 1\nepochs: 2\n\0\0", "line 3: holds a zero byte")]
    [InlineData("\0\0\0\0", "line 1: holds a zero byte")]
    public void Wrong_merge_keys_and_zero_bytes_are_refused_in_one_line(string yaml, string expected)
    {
        using var file = new TemporaryFile(yaml);
        string message = Failed(ConfigLoader.Load(file.Path, [])).Message;
        Assert.StartsWith($"{file.Path}: {expected}", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void A_zero_byte_does_not_end_the_text_case_nul() =>
        Assert.EndsWith(
            "y-nul.yaml: line 1: holds a zero byte; expected text in UTF-8, or in UTF-16 with a byte order mark",
            Failed(ConfigLoader.Load(SharedData.Path("cases/attack/y-nul.yaml"), [])).Message,
            StringComparison.Ordinal
        );

    // Found by ReaderProperties.
    [Fact]
    public void A_flow_sequence_that_is_not_closed_before_the_next_line_is_refused()
    {
        using var file = new TemporaryFile("a:\n  b: [c: [d]  # e\n  f: 1\n");
        Assert.StartsWith($"{file.Path}: not YAML", Failed(ConfigLoader.Load(file.Path, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_named() =>
        Assert.Equal("/nowhere/c.yaml: no such file", Failed(ConfigLoader.Load("/nowhere/c.yaml", [])).Message);

    static Config Loaded(Result<Config, PqfError> result) =>
        result.Match(config => config, error => throw new InvalidOperationException(error.Message));

    static PqfError Failed(Result<Config, PqfError> result) =>
        result.Match(_ => throw new InvalidOperationException("expected an error"), error => error);
}
