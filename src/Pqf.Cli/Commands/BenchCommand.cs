using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
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
        var file = new NetworkFile("file", "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed");
        var batch = new Option<string>("--batch")
        {
            Description = $"Images at a time, several with commas [default: {DefaultBatches}]",
            HelpName = "LIST",
        };
        return new(
            file.CheckedIn(
                new Command(
                    "bench",
                    "Measure how many images a second a network classifies on this machine, without the time to prepare them."
                )
                {
                    file.Word,
                    file.Weights,
                    batch,
                }
            ),
            ["pqf bench out/resnet50.pqf", "pqf bench out/resnet50.pqf --batch 1,64 --threads 1"],
            run => Batches(run.Parsed.GetValue(batch) ?? DefaultBatches).Bind(batches => Run(run, file.Required(run.Parsed), batches))
        );
    }

    static Result<Unit, PqfError> Run(RunContext run, string path, ImmutableArray<int> batches) =>
        run.WithDevice(device =>
            run.Load(path, device, NetworkTask.Classification)
                .Map(network =>
                {
                    run.Conclude(
                        new BenchResult(
                            NetworkSummary.Of(network),
                            device.Name,
                            [.. batches.Select(batch => Speed.Measure(run, network, batch).Summary())]
                        )
                    );
                    return default(Unit);
                })
        );

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
