using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Configuration;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Nets.Architectures;
using Pqf.Nets.Graphs;
using Pqf.Nets.Onnx;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf inspect</c>.</summary>
static class InspectCommand
{
    const int LongestText = 100;

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new Argument<string>("file") { Description = "Any .pqf, .pth, .safetensors or .onnx file" };
        return new(
            new Command(
                "inspect",
                "Show what a file holds: its tensors and, if they are a network's, its graph, and k, d and bits of every layer."
            )
            {
                file,
            },
            ["pqf inspect out/resnet50.pqf"],
            run => Run(run, run.Parsed.GetRequiredValue(file))
        );
    }

    static Result<Unit, PqfError> Run(RunContext run, string path) =>
        TensorFiles
            .Open(path)
            .Bind(file =>
            {
                using (file)
                    return Inspect(run, file);
            });

    static Result<Unit, PqfError> Inspect(RunContext run, TensorFile file)
    {
        run.WriteLine($"{file.Path}: {Network.FormatOf(file)}, {Figures.Count(new FileInfo(file.Path).Length)} bytes");
        foreach (var (key, text) in file.Metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
            run.WriteLine($"  {key}: {Shorten(text)}");
        run.WriteLine("");
        foreach (string line in TensorTable(file).Lines())
            run.WriteLine(line);
        run.WriteLine(
            $"{Figures.Count(file.Tensors.Count)} tensors, {Figures.Count(file.Tensors.Sum(tensor => (long)tensor.Shape.Count))} "
                + $"values, {Figures.Count(file.Tensors.Sum(tensor => tensor.SizeBytes))} bytes"
        );
        run.WriteLine("");
        // Files that are no network we know are inspected all the same; damaged ones fail.
        return
            !Network.IsPqf(file)
            && run.Config.Model.Arch is null
            && ArchitectureRecognition.Recognise(file) is Result<Architecture, PqfError>.Error error
            ? Network.HasOwnGraph(file)
                ? InspectNetwork(run, file).Match<Result<Unit, PqfError>>(done => done, problem => SayPartial(run, file, problem))
                : Say(run, error.Value)
            : InspectNetwork(run, file);
    }

    static Result<Unit, PqfError> InspectNetwork(RunContext run, TensorFile file)
    {
        using var device = new HostDevice(run.Config.Threads);
        using var scope = device.BeginScope();
        return ConfigMapping
            .Overrides(run.Config)
            .Bind(overrides => Network.Load(file, device, overrides))
            .Map(network =>
            {
                foreach (string line in new Table(GraphTable.Columns, GraphTable.Rows(network.Model)).Lines())
                    run.WriteLine(line);
                run.WriteLine("");
                foreach (string line in LayerTable(network).Lines())
                    run.WriteLine(line);
                foreach (string line in NetworkText.Lines(network))
                    run.WriteLine(line);
                run.NoteGuesses(network);
                return default(Unit);
            });
    }

    static Result<Unit, PqfError> SayPartial(RunContext run, TensorFile file, PqfError problem)
    {
        Say(run, problem);
        if (Network.Partial(file) is Result<OnnxPartialModel, PqfError>.Ok { Value: var model })
            run.WriteLine(
                $"pqf compress makes codes of the weights of its {PartialCompression.LayersText(model)} all the same, and leaves the rest "
                    + "as it is"
            );
        return default(Unit);
    }

    static Result<Unit, PqfError> Say(RunContext run, PqfError error)
    {
        foreach (string line in error.Lines)
            run.WriteLine(line);
        return default(Unit);
    }

    static Table TensorTable(TensorFile file) =>
        new(
            ["tensor", "type", "shape", " bytes"],
            [
                .. file.Tensors.Select(tensor =>
                    ImmutableArray.Create(tensor.Name, tensor.Type.ToString(), tensor.Shape.ToString(), Figures.Count(tensor.SizeBytes))
                ),
            ]
        );

    static Table LayerTable(Network network) =>
        new(
            ["layer", "shape", " k", " d", " bits", " dense bits", " ratio"],
            [.. NetworkText.CostOf(network).Layers.Select(layer => Row(layer, WeightOf(network.Parameters, layer.Name)))]
        );

    static Weight WeightOf(Parameters parameters, string layer) =>
        parameters.Values.GetValueOrDefault($"{layer}.weight") ?? parameters[layer];

    static ImmutableArray<string> Row(LayerCost layer, Weight weight) =>
        [
            layer.Name,
            layer.Shape.ToString(),
            weight.Match(_ => "", quantised => Figures.Count(quantised.K)),
            weight.Match(_ => "", quantised => Figures.Count(quantised.D)),
            Figures.Count(layer.Bits),
            Figures.Count(layer.DenseBits),
            Figures.Ratio((double)layer.DenseBits / layer.Bits),
        ];

    static string Shorten(string text) => text.Length <= LongestText ? text : $"{text[..LongestText]}… ({text.Length} characters)";
}
