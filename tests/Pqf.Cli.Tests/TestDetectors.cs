using System.Text.Json;
using Pqf.Nets.Architectures;
using Pqf.Nets.Detection;
using Pqf.Nets.Graphs;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Tests;

/// <summary>Small detectors and COCO folders made for tests.</summary>
static class TestDetectors
{
    /// <summary>Settings under which a detector of <see cref="Write"/> looks at an image in a fraction of a second.</summary>
    public static readonly string[] QuickSettings =
    [
        "--model.maskrcnn.min_size",
        "64",
        "--model.maskrcnn.max_size",
        "96",
        "--model.maskrcnn.rpn_pre_nms_top_n_test",
        "50",
        "--model.maskrcnn.rpn_post_nms_top_n_test",
        "20",
        "--model.maskrcnn.box_detections_per_img",
        "5",
        "--quiet",
        "--device",
        "host",
    ];

    /// <summary>Writes a dense detector of three classes and the background, with random weights.</summary>
    /// <param name="path">The file.</param>
    /// <param name="change">Gives what is written for each tensor.</param>
    public static void Write(string path, Func<StoredTensor, StoredTensor>? change = null)
    {
        var architecture = new Architecture(
            "maskrcnn",
            4,
            3,
            4,
            new MaskRcnnOptions
            {
                FpnChannels = 8,
                RepresentationSize = 16,
                MaskChannels = 8,
            }
        );
        var graph = Networks.Build(architecture).Match(built => built, error => throw new InvalidOperationException(error.Message));
        var tensors = ParameterSpecs.Of(graph).Select(TestNetworks.Tensor).Select(change ?? (tensor => tensor));
        Safetensors
            .Write(path, tensors, new Dictionary<string, string>())
            .Match(_ => 0, error => throw new InvalidOperationException(error.Message));
    }

    /// <summary>Writes two pictures of noise, or more, and an object in each, to train and to measure on.</summary>
    public static void WriteImages(string folder, int count = 2)
    {
        int[] ids = [.. Enumerable.Range(1, count)];
        Directory.CreateDirectory(Path.Combine(folder, "annotations"));
        foreach (string part in (string[])["train2017", "val2017"])
        {
            Directory.CreateDirectory(Path.Combine(folder, part));
            foreach (int id in ids)
                TestNetworks.WriteImage(Path.Combine(folder, part, $"{id}.png"), (ulong)id);
            File.WriteAllBytes(
                Path.Combine(folder, "annotations", $"instances_{part}.json"),
                JsonSerializer.SerializeToUtf8Bytes(
                    new
                    {
                        images = ids.Select(id => new
                        {
                            id,
                            file_name = $"{id}.png",
                            height = 40,
                            width = 48,
                        }),
                        categories = new[] { new { id = 1, name = "cat" }, new { id = 3, name = "dog" } },
                        annotations = ids.Select(id => new
                        {
                            id,
                            image_id = id,
                            category_id = 3,
                            bbox = new[] { 5, 6, 20, 25 },
                            area = 500,
                            iscrowd = 0,
                            segmentation = new[] { new[] { 5, 6, 25, 6, 25, 31, 5, 31 } },
                        }),
                    }
                )
            );
        }
    }
}
