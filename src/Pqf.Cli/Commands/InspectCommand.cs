using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf inspect</c>.</summary>
static class InspectCommand
{
    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new NetworkFile("file", "Any .pqf, .pth, .safetensors or .onnx file");
        var tensors = new Option<bool>("--tensors") { Description = "List the file's tensors, too, as it names and stores them" };
        return new(
            file.CheckedIn(
                new Command(
                    "inspect",
                    "Show what a file holds: its size, then a network's graph with k, d and bits of every "
                        + "layer, or the tensors of any other file."
                )
                {
                    file.Word,
                    file.Weights,
                    tensors,
                }
            ),
            ["pqf inspect out/resnet50.pqf"],
            run => Run(run, file.Required(run.Parsed), run.Parsed.GetValue(tensors))
        );
    }

    static Result<Unit, PqfError> Run(RunContext run, string path, bool listsTensors) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return Inspect(run, file, listsTensors);
            });

    static Result<Unit, PqfError> Inspect(RunContext run, TensorFile file, bool listsTensors)
    {
        var result = new InspectResult(
            file.Path,
            Network.FormatOf(file),
            new FileInfo(RealPath.Of(file.Path)).Length,
            file.Metadata.ToImmutableSortedDictionary(StringComparer.Ordinal),
            [
                .. file.Tensors.Select(tensor => new TensorResult(
                    tensor.Name,
                    tensor.Type.ToString(),
                    tensor.Shape.AsSpan().ToArray(),
                    tensor.SizeBytes
                )),
            ],
            null,
            [],
            [],
            []
        )
        {
            ListsTensors = listsTensors,
        };
        // Files that are no network we know are inspected all the same; damaged ones fail.
        var unknown =
            !Network.IsPqf(file)
            && run.Config.Model.Arch is null
            && ArchitectureRecognition.Recognise(file) is Result<Architecture, PqfError>.Error(var error)
                ? error
                : null;
        return unknown is not null && !Network.HasOwnGraph(file)
            ? Conclude(run, result, unknown, false)
            : InspectNetwork(run, file, result)
                .Match(
                    done => done,
                    problem =>
                        Conclude(run, result with { Problems = Compressible(file) }, problem, unknown is null && file.Tensors.Count > 0)
                );
    }

    static Result<Unit, PqfError> InspectNetwork(RunContext run, TensorFile file, InspectResult result)
    {
        using var device = new HostDevice(run.Config.Threads);
        using var scope = device.BeginScope();
        return ConfigMapping
            .Overrides(run.Config)
            .Bind(overrides => Network.Load(file, device, overrides))
            .Map(network =>
            {
                run.Conclude(
                    result with
                    {
                        Network = NetworkSummary.Of(network),
                        Graph = GraphTable.Rows(network.Model),
                        Layers =
                        [
                            .. NetworkText
                                .CostOf(network)
                                .Layers.Select(layer => LayerSize.Of(layer, WeightOf(network.Parameters, layer.Name))),
                        ],
                    }
                );
                run.NoteGuesses(network);
                return default(Unit);
            });
    }

    /// <summary>Ends with what is known of the file's tensors alone.</summary>
    static Result<Unit, PqfError> Conclude(RunContext run, InspectResult result, PqfError problem, bool isError)
    {
        run.Conclude(isError ? result : result with { Problems = [.. problem.Lines, .. result.Problems] });
        return isError ? problem : default(Unit);
    }

    /// <summary>What can be compressed of a model that is not run.</summary>
    static string[] Compressible(TensorFile file) =>
        Network.Partial(file) is Result<OnnxPartialModel, PqfError>.Ok { Value: var model }
            ? [$"pqf compress still compresses the weights of its {PartialCompression.LayersText(model)}, and leaves the rest as it is"]
            : [];

    static Weight WeightOf(Parameters parameters, string layer) =>
        parameters.Values.GetValueOrDefault($"{layer}.weight") ?? parameters[layer];
}
