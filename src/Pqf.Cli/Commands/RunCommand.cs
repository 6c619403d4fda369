using System.Collections.Immutable;
using System.CommandLine;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf run</c>.</summary>
static class RunCommand
{
    // With its ending and a number, a name that any file system takes.
    const int LongestName = 200;

    static readonly ImmutableArray<string> TensorEndings = [".npy", ".safetensors"];

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var model = new NetworkFile("model", "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed");
        var input = new Argument<string[]>("input")
        {
            Description =
                "Photographs, or folders of them, prepared as the network says; or one file of values as they are, [N, C, H, W] or "
                + "[C, H, W]: .npy or .safetensors",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var output = new Option<string?>("--output")
        {
            Description = "Folder for one .npy file for each output [default: output_path, or runs/run-NAME]",
            HelpName = "DIR",
        };
        return new(
            model.CheckedIn(
                new Command("run", "Write the raw outputs of a network of any kind.") { model.Word, input, model.Weights, output }
            ),
            ["pqf run network.onnx photograph.jpg --output out", "pqf run out/network.pqf input.npy --output out"],
            run => Run(run, model.Required(run.Parsed), model.Others(run.Parsed, input))
        )
        {
            Keys = [("output_path", output)],
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string model, string[] inputs)
    {
        bool isTensor = inputs.Any(path => TensorEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase)));
        if (isTensor && inputs.Length > 1)
            return new PqfError.Config(
                "command line",
                "input",
                $"expected photographs, or one file of values, got {Plural.Of(inputs.Length, "file")}"
            );
        string folder = run.OutputFolder(model);
        return run.WithDevice(device =>
            from network in run.Load(model, device)
            let _ = Note(run, network)
            from x in isTensor ? RunJob.Read(inputs[0], network) : Photographs(run, network, inputs)
            from values in RunJob.Run(network, x)
            let names = FileNames(values)
            from prepared in run.PrepareOutput(folder, names)
            from written in Write(run, folder, values, names)
            select written
        );
    }

    static Unit Note(RunContext run, Network network)
    {
        run.NoteGuesses(network);
        return default;
    }

    /// <summary>All photographs as one batch. One that cannot be decoded is an error: another would be at its place in the
    /// outputs.</summary>
    static Result<Tensor<float>, PqfError> Photographs(RunContext run, Network network, string[] arguments)
    {
        if (network.ForPhotographs() is Result<Network, PqfError>.Error(var unfit))
            return unfit;
        var found = Commands.Photographs.Find(run, arguments);
        int length = Preprocess.InputCount(network.Preprocessing),
            count = found.Paths.Length;
        if (found.Conclude() is Result<Unit, PqfError>.Error(var missing))
            return missing;
        if ((long)count * length > Array.MaxLength)
            return new PqfError.Config("command line", "input", $"expected fewer photographs at a time, got {count}");
        var images = ImageSet.Of(found.Paths, found.Reader);
        float[] values = new float[count * length];
        for (int i = 0; i < count; i++)
        {
            if (
                images.Prepare(i, network.Preprocessing, null, values.AsMemory(i * length, length)) is Result<Unit, PqfError>.Error(
                    var error
                )
            )
                return error;
            found.NoteGuess(found.Paths[i]);
        }

        return Tensor<float>.From(network.Device, network.Preprocessing.InputShape(count), values);
    }

    static Result<Unit, PqfError> Write(RunContext run, string folder, ImmutableArray<NetworkValue> values, ImmutableArray<string> names)
    {
        foreach (var value in values)
            if (value.Values.Count(number => !float.IsFinite(number)) is > 0 and var bad)
                run.Note($"{value.Name}: {bad:N0} of {Plural.Of(value.Values.Length, "value")} are not finite numbers");
        foreach (var (value, name) in values.Zip(names))
            if (NpyFile.Write(Path.Combine(folder, name), value.Stored) is Result<Unit, PqfError>.Error(var error))
                return error;
        run.Conclude(
            new RunResult([
                .. values.Zip(names, (value, name) => OutputFile.Of(value.Name, value.Shape, value.Values, Path.Combine(folder, name))),
            ])
        );
        return default(Unit);
    }

    /// <summary>A file for each output: its name with letters, digits, dots and hyphens alone, and a number where two are
    /// equal.</summary>
    static ImmutableArray<string> FileNames(ImmutableArray<NetworkValue> values)
    {
        var used = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. values.Select(value => Unused(value.Name))];

        string Unused(string name)
        {
            string safe = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_')).TrimStart('.');
            string stem = safe.Length is > 0 and <= LongestName ? safe : "output",
                free = stem;
            for (int i = 2; !used.Add(free); i++)
                free = $"{stem}_{i}";
            return free + ".npy";
        }
    }
}
