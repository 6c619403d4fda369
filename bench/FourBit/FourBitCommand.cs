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

namespace Pqf.Bench.FourBit;

/// <summary><c>bench -- fourbit</c>: accuracy of a network with weights in 4 bits beside its compressed forms; printed and written to
/// bench/results.</summary>
/// <param name="Network">A dense classifier.</param>
/// <param name="Images">Folder of labelled photographs.</param>
/// <param name="Calibration">Folder of other photographs.</param>
/// <param name="Count">How many of these are taken, evenly from all.</param>
/// <param name="Ratios">How many times smaller the compressed forms are; 1 for the usual settings, without a target.</param>
sealed record FourBitCommand(string Network, string Images, string Calibration, int Count, double[] Ratios)
{
    public const string Usage = "expected --network, --images, --calibration, --count or --ratios, each with a value";

    const string Header = "date,commit,network,method,photographs,size_bits,ratio,correct,images";

    // Of both; divides the photographs of the default.
    const int Batch = 32;

    // The short search of docs/decisions.md: a tenth of the usual numbers.
    const int Iterations = 100,
        Exchanges = 1000;

    /// <summary>The photographs of the folder <c>shared</c> beside the checkout.</summary>
    public static FourBitCommand Default { get; } = new("", PhotographSet.Shared, "../shared/data/calibration", 160, [1, 8]);

    /// <summary>Reads options; null if one is unknown or there is no network.</summary>
    public static FourBitCommand? Parse(ReadOnlySpan<string> arguments)
    {
        var command = Default;
        for (int i = 0; i + 1 < arguments.Length; i += 2)
        {
            string value = arguments[i + 1];
            FourBitCommand? next = arguments[i] switch
            {
                "--network" => command with { Network = value },
                "--images" => command with { Images = value },
                "--calibration" => command with { Calibration = value },
                "--count" => command with { Count = int.Parse(value, CultureInfo.InvariantCulture) },
                "--ratios" => command with
                {
                    Ratios = [.. value.Split(',').Select(ratio => double.Parse(ratio, CultureInfo.InvariantCulture))],
                },
                _ => null,
            };
            if (next is null)
                return null;
            command = next;
        }

        return arguments.Length % 2 == 0 && command.Network.Length > 0 ? command : null;
    }

    /// <summary>Measures, prints and writes.</summary>
    public void Run()
    {
        using var device = new HostDevice();
        using var scope = device.BeginScope();
        var network = Compression.Model.Network.Load(Network, device).Value();
        long denseBits = SizeOf(network.Model);
        PreparedPhotograph[] photographs = PhotographSet.Take(Calibration, Count);
        List<string> rows = [Row(network, "dense", 0, network.Model, denseBits, denseBits)];
        foreach (var batches in (Func<IEnumerable<Tensor<float>>>?[])[null, () => Batches(device, photographs)])
        {
            var (model, bits) = FourBitNetwork.Of(network.Model, batches);
            string method = batches is null ? "4 bits" : "4 bits and norms";
            rows.Add(Row(network, method, batches is null ? 0 : Count, model, bits, denseBits));
        }

        foreach (double ratio in Ratios)
        {
            using var own = device.BeginScope();
            var model = Compressed(network, photographs, ratio);
            rows.Add(Row(network, $"pqf {ratio.ToString(CultureInfo.InvariantCulture)}", Count, model, SizeOf(model), denseBits));
        }

        Console.WriteLine($"written to {Results.Save("-fourbit", Header, 2..4, rows)}");
    }

    static PqfModel Compressed(Compression.Model.Network network, PreparedPhotograph[] photographs, double ratio) =>
        CompressJob
            .Run(
                network,
                new CompressOptions
                {
                    Target = ratio > 1 ? new SizeTarget.Ratio(ratio) : null,
                    Permutation = new PermutationSpec { Proposals = Exchanges },
                    Compression = new CompressionSpec { KMeansIterations = Iterations },
                    Images = ImageSet.Of(photographs.Select(photograph => photograph.Path), ImageDecoder.Reader),
                    Reconstruction = new ReconstructionOptions(),
                    MeasuresEffects = false,
                }
            )
            .Value()
            .Model.AsStored();

    string Row(Compression.Model.Network network, string method, int photographs, PqfModel model, long bits, long denseBits)
    {
        var measured = network with { Model = model };
        var images = ImageSet.Open(Images, model, ImageDecoder.Reader).Value();
        var top1 = EvaluateJob.Run(measured, images, new EvaluateOptions { BatchSize = Batch }).Value().Top1;
        string row = string.Create(
            CultureInfo.InvariantCulture,
            $"{Results.Date},{Results.Commit},{Path.GetFileNameWithoutExtension(Network)},{method},{photographs},{bits},"
                + $"{(double)denseBits / bits:0.00},{top1.Correct},{top1.Count}"
        );
        Console.WriteLine(row);
        return row;
    }

    static IEnumerable<Tensor<float>> Batches(Device device, PreparedPhotograph[] photographs) =>
        photographs
            .Chunk(Batch)
            .Select(chunk =>
                Tensor<float>.From(
                    device,
                    [chunk.Length, PhotographSet.Side, PhotographSet.Side, 3],
                    [.. chunk.SelectMany(photograph => photograph.Values)]
                )
            );

    static long SizeOf(PqfModel model) => Cost.Of(model.Graph, model.Parameters, model.Preprocessing.InputShape(1)).Bits;
}
