using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Tensors;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf bench</c>.</summary>
static class BenchCommand
{
    const string DefaultBatches = "1,8,32";

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new Argument<string>("file") { Description = "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed" };
        var batch = new Option<string>("--batch")
        {
            Description = $"Images at a time, several with commas [default: {DefaultBatches}]",
            HelpName = "LIST",
        };
        return new(
            new Command("bench", "Measure how many images a second a network classifies on this machine, images prepared already.")
            {
                file,
                batch,
            },
            ["pqf bench out/resnet50.pqf", "pqf bench out/resnet50.pqf --batch 1,64 --threads 1"],
            run =>
                Batches(run.Parsed.GetValue(batch) ?? DefaultBatches).Bind(batches => Run(run, run.Parsed.GetRequiredValue(file), batches))
        );
    }

    static Result<Unit, PqfError> Run(RunContext run, string path, ImmutableArray<int> batches) =>
        run.WithDevice(device =>
            run.Load(path, device, NetworkTask.Classification)
                .Map(network =>
                {
                    foreach (string line in NetworkText.Lines(network))
                        run.WriteLine(line);
                    run.WriteLine($"on       {device.Name}");
                    run.WriteLine("");
                    foreach (string line in Measure(run, network, batches).Lines())
                        run.WriteLine(line);
                    return default(Unit);
                })
        );

    static Table Measure(RunContext run, Network network, ImmutableArray<int> batches) =>
        new(
            [" batch", " median ms", " quartiles", " images/s"],
            [
                .. batches.Select(batch =>
                {
                    var speed = Speed.Measure(run, network, batch);
                    return ImmutableArray.Create(
                        batch.ToString(CultureInfo.InvariantCulture),
                        Ms(speed.Quantile(0.5)),
                        $"{Ms(speed.Quantile(0.25))} … {Ms(speed.Quantile(0.75))}",
                        speed.ImagesPerSecond.ToString("0.0", CultureInfo.InvariantCulture)
                    );
                }),
            ]
        );

    static string Ms(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    static Result<ImmutableArray<int>, PqfError> Batches(string text)
    {
        var batches = ImmutableArray.CreateBuilder<int>();
        foreach (string part in text.Split(','))
            if (int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int batch) && batch is >= 1 and <= 65536)
                batches.Add(batch);
            else
                return new PqfError.Config(
                    "command line",
                    "--batch",
                    $"expected numbers from 1 to 65536 with commas between them, got {text}"
                );
        return batches.ToImmutable();
    }
}
