using System.Runtime.InteropServices;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Formats;
using Pqf.Testing;
using Xunit;
using Architecture = Pqf.Nets.Architectures.Architecture;

namespace Pqf.Nets.Tests.Detection;

/// <summary>Whole detectors from the files of others.</summary>
public class DetectorFilesTests(DeviceSet devices) : DeviceTest(devices)
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Checkpoints_of_both_generations_of_names_load_whole(bool isNewer, bool hasBatchCounts)
    {
        // Every tensor holds its own number.
        var names = Names(isNewer, hasBatchCounts).ToList();
        // Counted by torchvision 0.14: len(maskrcnn_resnet50_fpn(weights=None).state_dict()), 53 of them counts of batches, which released
        // checkpoints have not.
        Assert.Equal(hasBatchCounts ? 360 : 307, names.Count);
        var device = Use(DeviceKind.Host);
        using var file = new TensorFile(
            "net.pth",
            "memory",
            names.Select(
                (name, number) =>
                    name.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal)
                        ? StoredTensor.FromValues(name.Name, DType.I64, name.Shape, [0L])
                        : new StoredTensor(name.Name, DType.F32, name.Shape, bytes => MemoryMarshal.Cast<byte, float>(bytes).Fill(number))
            ),
            new Dictionary<string, string>()
        );
        var architecture = ArchitectureRecognition.Recognise(file).Value();
        Assert.Equal(new Architecture(MaskRcnn.Name, 91), architecture);
        var (parameters, report) = StateDict.Load(TestGraphs.Build(architecture), file, device).Value();
        Assert.Equal(("", true, false), (report.ToString(), report.Fits, report.NormsFolded));
        foreach (
            var (name, number) in names
                .Select((name, number) => (DetectorNames.Canonical(name.Name), number))
                .Where(pair => parameters.Values.ContainsKey(pair.Item1))
        )
        {
            var values = ((Weight.Dense)parameters[name]).Value.ToArray().AsSpan();
            Assert.Equal(values.Length, values.Count((float)number));
        }

        Assert.Equal(307, parameters.Values.Count);
    }

    [Theory]
    [InlineData(false, 4)]
    [InlineData(true, 4)]
    [InlineData(false, 8)]
    public void A_transposed_convolutions_codes_are_read_in_the_authors_order(bool isLegacyName, int d)
    {
        const string Layer = "roi_heads.mask_predictor.conv5_mask";
        const int K = 6;
        var device = Use(DeviceKind.Host);
        var graph = TestGraphs.Build(TestGraphs.NarrowDetector);
        var dense = GeneratedWeights.Parameters(graph, device, "narrow");
        // [C_in, C_out, 2, 2] row by row: each row of codes is an input channel, each run of four values an output channel's taps.
        int channels = MaskRcnnOptions.Of(TestGraphs.NarrowDetector).MaskChannels,
            m = channels * 4 / d;
        byte[] codes = [.. Enumerable.Range(0, channels * m).Select(i => (byte)(i * 7 % K))];
        Half[] codebook = [.. Enumerable.Range(0, K * d).Select(i => (Half)((i * 0.25f) - 3))];
        using var folder = new TemporaryFolder();
        // The authors' files have norms of two vectors, folded.
        var tensors = StateDict
            .Published(graph, dense)
            .SelectMany(tensor =>
                tensor.Name == $"{Layer}.weight"
                    ? (StoredTensor[])
                        [
                            StoredTensor.FromValues($"{Layer}.codes_matrix", DType.U8, [channels, m], codes),
                            StoredTensor.FromValues($"{Layer}.codebook", DType.F16, [K, d], codebook),
                        ]
                    :
                    [
                        isLegacyName
                            ? tensor
                            : tensor.Rename(tensor.Name.Replace("mask_head.mask_fcn1", "mask_head.0.0", StringComparison.Ordinal)),
                    ]
            );
        PyTorchFile.Write(folder.File("net.pth"), tensors).Value();
        using var file = TensorFiles.Open(folder.File("net.pth")).Value();
        var (parameters, report) = StateDict.Load(graph, file, device).Value();
        Assert.Equal(("", true), (report.ToString(), report.NormsFolded));
        float[] expected = new float[channels * channels * 4];
        for (int input = 0; input < channels; input++)
        for (int output = 0; output < channels; output++)
        for (int tap = 0; tap < 4; tap++)
        {
            int at = (output * 4) + tap;
            expected[(((input * channels) + output) * 4) + tap] = (float)codebook[(codes[(input * m) + (at / d)] * d) + (at % d)];
        }

        var weight = Assert.IsType<Weight.Quantised>(parameters[$"{Layer}.weight"]);
        Assert.Equal([channels, channels, 2, 2], weight.Shape);
        Assert.Equal(expected, weight.Decode().ToArray());
        // The same weight, dense, is the same function: input channels are the transposed convolution's first axis.
        var cells = GeneratedWeights.Images(device, "cells", [2, 16, 14, 14]);
        var masks = MaskRcnn.Of(TestGraphs.NarrowDetector).Masks;
        var asDense = parameters.With($"{Layer}.weight", new Weight.Dense(Tensor<float>.From(device, weight.Shape, expected)));
        Close.Check(Forward.Run(masks, asDense, cells), Forward.Run(masks, parameters, cells), 1e-6);
    }

    // Names and shapes of torchvision's maskrcnn_resnet50_fpn, from its documentation of modules; equal, in order, to what 0.14 prints for
    // state_dict(), but for the older names.
    static IEnumerable<(string Name, Shape Shape)> Names(bool isNewer, bool hasBatchCounts) =>
        [
            .. BodyNames(hasBatchCounts),
            .. Enumerable.Range(0, 4).SelectMany(i => Layer($"backbone.fpn.inner_blocks.{i}{(isNewer ? ".0" : "")}", 256, 256 << i, 1, 1)),
            .. Enumerable.Range(0, 4).SelectMany(i => Layer($"backbone.fpn.layer_blocks.{i}{(isNewer ? ".0" : "")}", 256, 256, 3, 3)),
            .. Layer(isNewer ? "rpn.head.conv.0.0" : "rpn.head.conv", 256, 256, 3, 3),
            .. Layer("rpn.head.cls_logits", 3, 256, 1, 1),
            .. Layer("rpn.head.bbox_pred", 12, 256, 1, 1),
            .. Layer("roi_heads.box_head.fc6", 1024, 12544),
            .. Layer("roi_heads.box_head.fc7", 1024, 1024),
            .. Layer("roi_heads.box_predictor.cls_score", 91, 1024),
            .. Layer("roi_heads.box_predictor.bbox_pred", 364, 1024),
            .. Enumerable
                .Range(0, 4)
                .SelectMany(i => Layer(isNewer ? $"roi_heads.mask_head.{i}.0" : $"roi_heads.mask_head.mask_fcn{i + 1}", 256, 256, 3, 3)),
            .. Layer("roi_heads.mask_predictor.conv5_mask", 256, 256, 2, 2),
            .. Layer("roi_heads.mask_predictor.mask_fcn_logits", 91, 256, 1, 1),
        ];

    static List<(string Name, Shape Shape)> BodyNames(bool hasBatchCounts)
    {
        List<(string Name, Shape Shape)> names =
        [
            ("backbone.body.conv1.weight", [64, 3, 7, 7]),
            .. Norm("backbone.body.bn1", 64, hasBatchCounts),
        ];
        int channels = 64;
        foreach (var (stage, blocks) in ((int, int)[])[(1, 3), (2, 4), (3, 6), (4, 3)])
            for (int block = 0; block < blocks; block++)
            {
                string name = $"backbone.body.layer{stage}.{block}";
                int inner = 32 << stage,
                    outer = 4 * inner;
                names.AddRange([($"{name}.conv1.weight", [inner, channels, 1, 1]), .. Norm($"{name}.bn1", inner, hasBatchCounts)]);
                names.AddRange([($"{name}.conv2.weight", [inner, inner, 3, 3]), .. Norm($"{name}.bn2", inner, hasBatchCounts)]);
                names.AddRange([($"{name}.conv3.weight", [outer, inner, 1, 1]), .. Norm($"{name}.bn3", outer, hasBatchCounts)]);
                if (block == 0)
                    names.AddRange([
                        ($"{name}.downsample.0.weight", [outer, channels, 1, 1]),
                        .. Norm($"{name}.downsample.1", outer, hasBatchCounts),
                    ]);
                channels = outer;
            }

        return names;
    }

    static IEnumerable<(string Name, Shape Shape)> Layer(string name, int outputs, params int[] rest)
    {
        yield return ($"{name}.weight", [outputs, .. rest]);
        yield return ($"{name}.bias", [outputs]);
    }

    static IEnumerable<(string Name, Shape Shape)> Norm(string name, int channels, bool hasBatchCount)
    {
        foreach (string part in (string[])["weight", "bias", "running_mean", "running_var"])
            yield return ($"{name}.{part}", [channels]);
        if (hasBatchCount)
            yield return ($"{name}.num_batches_tracked", []);
    }
}
