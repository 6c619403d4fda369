using System.Collections.Immutable;
using Pqf.Compression.Allocation;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Allocation;

public sealed class FileSizeTests
{
    static readonly ImmutableArray<ModelFormat> All = [ModelFormat.Pqf, ModelFormat.Pth, ModelFormat.Safetensors, ModelFormat.Onnx];

    public static TheoryData<string, ModelFormat, double> Targets()
    {
        var data = new TheoryData<string, ModelFormat, double>();
        foreach (string network in (string[])["resnet20", "graph", "maskrcnn"])
        foreach (var format in Held(network))
        foreach (double share in network == "maskrcnn" ? (double[])[0.2] : [0, 0.2, 0.6, 1])
            data.Add(network, format, share);
        return data;
    }

    /// <summary>What a target promises: the file has at most the size that was asked for, and uses it or says why not.</summary>
    [Theory]
    [MemberData(nameof(Targets))]
    public void A_file_has_at_most_the_target_size(string network, ModelFormat format, double share)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var folder = new TemporaryFolder();
        var dense = Network(network, device);
        var (least, most) = Range(dense, [format]);
        long target = least + (long)(share * (most - least));

        var notes = new Notes();
        var options = Options([format]) with { Target = new SizeTarget.Bits(8 * target) };
        var compressed = CompressJob.Run(dense, options, notes, TestContext.Current.CancellationToken).Value();
        string path = folder.File("out" + format.Extension());
        compressed.Model.AsStored().Save(path, format).Value();

        bool isLeft = notes.Lines.Any(line => line.Contains("of target_size are used: no larger choice", StringComparison.Ordinal));
        long size = new FileInfo(path).Length;
        Assert.InRange(size, least, target);
        Assert.Equal(isLeft, size < 0.99 * target);
        Assert.True(!isLeft || network == "graph", "ResNets and detectors have choices for every size");
    }

    [Fact]
    public void Of_several_formats_each_file_has_at_most_the_target_size()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var dense = Network("resnet20", device);
        var (least, most) = Range(dense, All);
        long target = (least + most) / 2;
        var model = Compress(dense, Options(All) with { Target = new SizeTarget.Bits(8 * target) }).Value().Model.AsStored();
        long[] sizes = [.. All.Select(format => model.SizeOf("x", format).Value())];
        Assert.InRange(sizes.Max(), 0.9 * target, target);
    }

    [Theory]
    [InlineData("graph")]
    [InlineData("resnet20")]
    public void Planned_files_have_the_sizes_of_those_that_are_written(string network)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        using var folder = new TemporaryFolder();
        var dense = Network(network, device);
        var formats = Held(network);
        var planned = Plan(dense, Options(formats)).Value().Files;
        var model = Compress(dense, Options(formats)).Value().Model.AsStored();
        foreach (var file in planned)
        {
            string path = folder.File("out" + file.Format.Extension());
            model.Save(path, file.Format).Value();
            Assert.Equal(new FileInfo(path).Length, file.SizeBytes);
        }

        Assert.Equal(formats, planned.Select(file => file.Format));
    }

    [Theory]
    [InlineData(
        "100B",
        @"100 bytes is too small by [0-9,]+ bytes for the \.onnx file of this network; " + @"expected [0-9,]+ bytes to [0-9,]+ bytes"
    )]
    [InlineData("1kB", @"1 kB is too small by [0-9.]+ kB for the \.onnx file of this network; " + @"expected [0-9.]+ kB to [0-9.]+ kB")]
    [InlineData(
        "0.001MiB",
        @"0.001 MiB is too small by [0-9.]+ MiB for the \.onnx file of this network; " + @"expected [0-9.]+ MiB to [0-9.]+ MiB"
    )]
    public void An_impossible_size_is_refused_in_its_own_unit_before_any_work(string text, string expected)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var options = Options([ModelFormat.Onnx]) with { Target = SizeTarget.Parse(text) };
        var dense = Network("graph", device);
        string planned = Plan(dense, options).ErrorMessage();
        Assert.Matches($@"^target_size: {expected} \([0-9.]+ to [0-9.]+ times smaller, the whole file counted\)$", planned);
        Assert.Equal(planned, Compress(dense, options).ErrorMessage());
    }

    [Theory]
    [InlineData(float.NaN, "NaN")]
    [InlineData(-70000, "-70000")]
    public void A_weight_that_no_codebook_can_hold_is_refused_before_any_work(float value, string text)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var network = Network("resnet20", device);
        float[] values = network.Parameters["layer2.0.conv2.weight"].Decode().ToArray();
        values[5] = value;
        var weight = new Weight.Dense(Tensor<float>.From(device, network.Parameters["layer2.0.conv2.weight"].Shape, values));
        var wrong = network with { Model = network.Model with { Parameters = network.Parameters.With("layer2.0.conv2.weight", weight) } };
        bool begun = false;
        var options = Options([ModelFormat.Pqf]) with
        {
            Target = SizeTarget.Parse("9"),
            BeforeWork = () =>
            {
                begun = true;
                return default(Unit);
            },
        };

        string planned = Plan(wrong, options).ErrorMessage();

        Assert.Equal($"layer2.0.conv2: its weight holds {text} at position 5; expected finite values within half precision", planned);
        Assert.Equal(planned, Compress(wrong, options).ErrorMessage());
        Assert.False(begun);
    }

    /// <summary>A target is a maximum: one that the network cannot use is allowed. Nothing needs to be measured, so the plan is
    /// exact.</summary>
    [Theory]
    [InlineData(
        "graph",
        "1MB",
        @"^target_size: 1 MB is more than the \.onnx file of this network can use; it gets its largest size: [0-9.]+ MB "
    )]
    [InlineData(
        "resnet20",
        "1GiB",
        @"^target_size: 1 GiB is more than the \.onnx file of this network can use; it gets its largest size: [0-9.]+ GiB "
    )]
    [InlineData(
        "graph",
        "1.1",
        @"^target_ratio: 1.1 times smaller is more than this network can use; it gets its largest size: [0-9.]+ times smaller$"
    )]
    public void A_target_above_what_a_network_can_use_gives_the_largest_network_with_a_note(string network, string target, string note)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var dense = Network(network, device);
        var options = Options([ModelFormat.Onnx]) with { Target = target == "1.1" ? new SizeTarget.Ratio(1.1) : SizeTarget.Parse(target) };
        var (_, most) = Range(dense, options.Formats);
        var notes = new Notes();
        var compressed = CompressJob.Run(dense, options, notes, TestContext.Current.CancellationToken).Value().Model.AsStored();
        Assert.Matches(note, notes.Lines.First(line => line.StartsWith("target", StringComparison.Ordinal)));
        var plan = Plan(dense, options).Value();
        Assert.Equal(notes.Lines.Where(line => line.StartsWith("target", StringComparison.Ordinal)), plan.Notes);
        Assert.False(plan.IsForTarget);
        Assert.Equal(compressed.SizeOf("x", ModelFormat.Onnx).Value(), plan.Files.Single().SizeBytes);
        if (target != "1.1")
            Assert.Equal(most, plan.Files.Single().SizeBytes);
    }

    /// <summary>What is planned for a target are maxima: whatever the work chooses, the sizes are not above them.</summary>
    [Theory]
    [InlineData("resnet20", "60kB")]
    [InlineData("resnet20", "70kB")]
    [InlineData("graph", "12kB")]
    [InlineData("resnet20", "6")]
    public void A_plan_for_a_target_bounds_what_the_work_chooses(string network, string target)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var dense = Network(network, device);
        var options = Options(Held(network)) with { Target = target == "6" ? new SizeTarget.Ratio(6) : SizeTarget.Parse(target) };
        var plan = Plan(dense, options).Value();
        Assert.True(plan.IsForTarget);
        var model = Compress(dense, options).Value().Model.AsStored();
        // A ratio limits the parameters alone: nothing is known of the files.
        Assert.Equal(options.Target is SizeTarget.Bits ? options.Formats : [], plan.Files.Select(file => file.Format));
        Assert.All(plan.Files, file => Assert.InRange(model.SizeOf("x", file.Format).Value(), 1, file.SizeBytes));
        if (options.Target is SizeTarget.Bits { Count: var limit })
            Assert.All(plan.Files, file => Assert.InRange(8 * file.SizeBytes, 1, limit));
        Assert.InRange(NetworkText.CostOf(model).Bits, 1, plan.SizeBits);
    }

    /// <summary>Small layers keep 8 bits a value without a target. A target that allows as much may choose them too.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(1.2)]
    [InlineData(100)]
    public void A_target_that_allows_the_file_without_one_loses_no_more(double times)
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var dense = Network("graph", device);
        var options = Options([ModelFormat.Pqf]);
        var probe = new Probe(device, dense.Preprocessing, new RngKey(3));
        var usual = Compress(dense, options).Value().Model.AsStored();
        long size = usual.SizeOf("x", ModelFormat.Pqf).Value();
        var target = new SizeTarget.Bits((long)(8 * times * size));

        var chosen = Compress(dense, options with { Target = target }).Value().Model.AsStored();

        Assert.InRange(8 * chosen.SizeOf("x", ModelFormat.Pqf).Value(), 1, target.Count);
        Assert.InRange(Loss(chosen.Parameters), 0, Loss(usual.Parameters));
        if (times == 100)
            Assert.All(chosen.Parameters.Values.Values, weight => Assert.IsType<Weight.Dense>(weight));
        double Loss(Parameters parameters) =>
            Probe.Difference(probe.Logits(dense.Graph, dense.Parameters), probe.Logits(dense.Graph, parameters));
    }

    /// <summary>In a file, codes of a few values may take more than the values: a name and a shape each.</summary>
    [Fact]
    public void The_range_of_a_tiny_network_is_that_of_its_values()
    {
        var layer = new LayerBlocks("a", [2, 3], 3, 1, KMeansType.KMeans, 1);
        var measure = Measure with { Values = ValueForm.Scaled8, Of = spec => spec.LayerSpecs["a"].Values is null ? 2_366L : 2_314L };
        var range = SizeRange.Of(measure, [layer], new SizeTarget.Bits(2_314), new()).Value();
        Assert.Equal((2_314, 2_314, true), (range.Least, range.Most, range.AllowsLargest));
        Assert.Contains(
            "too small by 1 byte for this network; expected 290 bytes or more",
            SizeRange.Of(measure, [layer], new SizeTarget.Bits(2_312) { Unit = SizeUnit.Of("")! }, new()).ErrorMessage(),
            StringComparison.Ordinal
        );
    }

    /// <summary>What choices leave of a target is told, but not what is within the slack.</summary>
    [Theory]
    [InlineData(99_000, null)]
    [InlineData(98_000, "12.3 kB of the 12.5 kB of target_size are used: no larger choice was found to lose clearly less")]
    public void What_is_left_of_a_target_is_noted(long bits, string? note)
    {
        var range = new SizeRange(10, 0, 1000_000, 100_000, new());
        Assert.Equal(note, range.Left(Measure, new SizeTarget.Bits(100_000) { Unit = SizeUnit.Of("kB")! }, bits));
    }

    [Fact]
    public void What_is_left_of_a_ratio_is_noted() =>
        Assert.Equal(
            "target_ratio asks for 10 times smaller, and this network gets 12.5: no larger choice was found to lose clearly less",
            new SizeRange(10, 0, 1000_000, 100_000, new()).Left(Measure, new SizeTarget.Ratio(10), 80_000)
        );

    static SizeMeasure Measure { get; } = new("this network", 1_000_000, false, ValueForm.Half, _ => 0L);

    sealed class Notes : IProgress<JobProgress>
    {
        public List<string> Lines { get; } = [];

        public void Report(JobProgress value)
        {
            if (value is JobProgress.Noted(var line))
                Lines.Add(line);
        }
    }

    [Fact]
    public void The_sizes_that_a_refusal_names_are_possible()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var dense = Network("resnet20", device);
        string refused = Plan(dense, Options(All) with { Target = SizeTarget.Parse("1kB") }).ErrorMessage();
        string[] words = refused[(refused.IndexOf("expected ", StringComparison.Ordinal) + 9)..].Split(' ');
        foreach (string size in (string[])[words[0] + words[1], words[3] + words[4]])
            Plan(dense, Options(All) with { Target = SizeTarget.Parse(size.Replace(",", "")) }).Value();
    }

    /// <summary>Training starts by giving norms the statistics of images: the new values have the forms of the old ones.</summary>
    [Fact]
    public void Values_that_images_change_take_no_more_of_the_file()
    {
        using var device = new HostDevice(1);
        using var scope = device.BeginScope();
        var network = Network("graph", device);
        var half = Options([ModelFormat.Pqf]) with
        {
            Compression = new() { KMeansIterations = 1, DenseValues = ValueForm.Half },
        };
        var compressed = Compress(network, half).Value().Model.AsStored();
        byte[] grey = [.. Enumerable.Range(0, 16 * 16 * 3).Select(i => (byte)(i * 7))];
        var images = ImageSet.Of(["a", "b"], new ImageReader(_ => new PixelImage(16, 16, 3, grey)));
        var unfolded = CompressJob
            .Unfold(network with { Model = compressed }, half with { Images = images }, null, TestContext.Current.CancellationToken)
            .Value();
        Assert.NotEqual(
            compressed.Parameters["block.bn2.running_mean"].Decode().ToArray(),
            unfolded.Parameters["block.bn2.running_mean"].Decode().ToArray()
        );
        Assert.Equal(compressed.SizeOf("x", ModelFormat.Pqf).Value(), unfolded.AsStored().SizeOf("x", ModelFormat.Pqf).Value());
    }

    static Result<Compressed, PqfError> Compress(Network network, CompressOptions options) =>
        CompressJob.Run(network, options, null, TestContext.Current.CancellationToken);

    /// <summary>Formats that hold the network.</summary>
    static ImmutableArray<ModelFormat> Held(string network) => network == "graph" ? All.Remove(ModelFormat.Pth) : All;

    static CompressOptions Options(ImmutableArray<ModelFormat> formats) =>
        new()
        {
            Permutation = null,
            Formats = formats,
            ToolVersion = "1.0",
            Compression = new() { KMeansIterations = 1 },
        };

    static (long Least, long Most) Range(Network network, ImmutableArray<ModelFormat> formats)
    {
        var options = CompressJob.Settled(network, Options(formats) with { Target = new SizeTarget.Bits(1) });
        var layers = Blocks.Of(network.Graph, options.Compression).Value();
        var measure = AllocateJob.FilesOf(network, options);
        long Size(Func<LayerBlocks, LayerForm> form) => measure.Of(options.Compression.With(layers, [.. layers.Select(form)])).Value() / 8;
        return (Size(layer => measure.FormsOf(layer)[0].Form), Size(layer => measure.FormsOf(layer)[^1].Form));
    }

    static Network Network(string name, Device device)
    {
        var architecture = name switch
        {
            "graph" => GraphNetwork
                .Of(new GraphOptions("small", SmallNetwork.Graph, new(16, 16), "image", [new("logits", SmallNetwork.Graph.Output)]))
                .Value(),
            "maskrcnn" => TestGraphs.NarrowDetector,
            _ => new Architecture(name, 10, 3, 8),
        };
        var graph = Networks.Build(architecture).Value();
        var parameters = name == "graph" ? SmallNetwork.Parameters(device, new RngKey(1)) : Initialise.Random(graph, device, new RngKey(1));
        return Model.Network.New(architecture, graph, parameters).Value();
    }

    static Result<CompressionPlan, PqfError> Plan(Network dense, CompressOptions options) =>
        CompressionPlan.Of(dense, options, TestContext.Current.CancellationToken);
}
