using System.Globalization;
using Pqf.Compression;
using Pqf.Compression.Allocation;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Compression.Reconstruction;
using Pqf.Images;
using Pqf.Nets.Graphs;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Ops.Boxes;

namespace Pqf.Bench.Faces;

/// <summary><c>bench -- faces</c>: how many of a face detector's boxes its compressed forms find again; printed and written to
/// bench/results.</summary>
/// <param name="Network">The detector.</param>
/// <param name="Images">Folder of photographs to find faces on.</param>
/// <param name="Calibration">Folder of other photographs.</param>
/// <param name="Ratios">How many times smaller; 1 for the usual settings, without a target.</param>
/// <param name="Levels">Of calibration: none, norms, layers.</param>
sealed record FacesCommand(string Network, string Images, string Calibration, double[] Ratios, string[] Levels)
{
    public const string Usage = "expected --network, --images, --calibration, --ratios or --levels, each with a value";

    const string Header = "date,commit,network,calibration,ratio,size_bits,dense_boxes,found_again,share,extra_boxes";

    // A box is the same face if it overlaps by more than this.
    const float SameFace = 0.7f;

    /// <summary>The detector and photographs of the folder <c>shared</c> beside the checkout.</summary>
    public static FacesCommand Default { get; } =
        new(
            "../shared/data/onnx/version-RFB-320.onnx",
            "../shared/data/coco-ccby",
            "../shared/data/calibration",
            [1, 4, 6, 8, 10, 12],
            ["norms", "layers"]
        );

    /// <summary>Reads options; null if one is unknown.</summary>
    public static FacesCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            FacesCommand? next = arguments[i] switch
            {
                "--network" => command with { Network = value },
                "--images" => command with { Images = value },
                "--calibration" => command with { Calibration = value },
                "--ratios" => command with
                {
                    Ratios = [.. value.Split(',').Select(ratio => double.Parse(ratio, CultureInfo.InvariantCulture))],
                },
                "--levels" => command with { Levels = value.Split(',') },
                _ => null,
            };
            if (next is null)
                return null;
            command = next;
        }

        return arguments.Length % 2 == 0 ? command : null;
    }

    /// <summary>Measures, prints and writes.</summary>
    public void Run()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Pqf
            .Compression.Model.Network.Load(
                Network,
                device,
                new NetworkOverrides { Mean = Three(127 / 255f), Deviation = Three(128 / 255f) }
            )
            .Value();
        string[] paths = [.. ImageFolder.FindImages(Images, ImageDecoder.Reader).Value()];
        float[][] photographs = [.. paths.Select(path => FaceFinder.Input(path, network.Preprocessing.InputShape(1)))];
        Box[][] dense = FaceFinder.Find(network.Model, device, photographs);
        Console.WriteLine($"dense: {dense.Sum(boxes => boxes.Length)} boxes on {dense.Count(boxes => boxes.Length > 0)} of {paths.Length}");
        List<string> rows = [];
        foreach (string level in Levels)
        foreach (double ratio in Ratios)
        {
            if (Row(network, device, photographs, dense, level, ratio) is not { } row)
                continue;
            rows.Add(row);
            Console.WriteLine(row);
        }

        Console.WriteLine($"written to {Results.Save("-faces", Header, 2..5, rows)}");
    }

    string? Row(Compression.Model.Network network, HostDevice device, float[][] photographs, Box[][] dense, string level, double ratio)
    {
        using var scope = device.BeginScope();
        var options = new CompressOptions
        {
            Target = ratio > 1 ? new SizeTarget.Ratio(ratio) : null,
            Images = level == "none" ? null : ImageSet.OpenUnlabelled(Calibration, ImageDecoder.Reader).Value(),
            Reconstruction = level == "layers" ? new ReconstructionOptions() : null,
            MeasuresEffects = false,
        };
        var compressed = CompressJob.Run(network, options);
        if (compressed is Result<Compressed, PqfError>.Error(var error))
        {
            Console.WriteLine(error.Message); // a size that the network cannot have
            return null;
        }

        var model = compressed.Value().Model.AsStored();
        Box[][] found = FaceFinder.Find(model, device, photographs);
        int all = dense.Sum(boxes => boxes.Length),
            again = dense.Zip(found, (wanted, got) => wanted.Count(box => got.Any(other => other.Iou(box) > SameFace))).Sum(),
            extra = dense.Zip(found, (wanted, got) => got.Count(box => !wanted.Any(other => other.Iou(box) > SameFace))).Sum();
        long bits = Cost.Of(model.Graph, model.Parameters, model.Preprocessing.InputShape(1)).Bits;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{Path.GetFileNameWithoutExtension(Network)},{level},{ratio},{bits},{all},{again},"
                + $"{(double)again / all:0.000},{extra}"
        );
    }

    static System.Collections.Immutable.ImmutableArray<float> Three(float value) => [value, value, value];
}
