using System.CommandLine;
using Pqf.Cli.Results;
using Pqf.Cli.Shell;
using Pqf.Compression.Model;
using Pqf.Compression.Reporting;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf convert</c>.</summary>
static class ConvertCommand
{
    const string Dense = "dense",
        Compressed = "compressed";

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var input = new NetworkFile("in", "A network's file: .pqf, .pth, .safetensors or .onnx");
        var output = new Argument<string?>("out")
        {
            Description = "The file to write; its ending is the format: .pqf, .pth, .safetensors or .onnx",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var form = new Option<string?>("--format")
        {
            Description = "dense (weights decoded) or compressed [default: as it is]",
            HelpName = "FORM",
        };
        form.AcceptOnly(Dense, Compressed);
        var dense = new Option<bool>("--dense") { Description = "The same as --format dense" };
        var arch = new Option<string?>("--arch")
        {
            Description = "The network's architecture, where its tensors do not show it",
            HelpName = "NAME",
        };
        return new(
            input.CheckedIn(
                new Command("convert", "Write a network in another format.") { input.Word, output, input.Weights, form, dense, arch }
            ),
            [
                "pqf convert out/resnet50.pqf resnet50.pth",
                "pqf convert out/resnet50.pqf resnet50.safetensors --dense",
                "pqf convert out/resnet50.pqf resnet50.onnx",
            ],
            run =>
                Run(
                    run,
                    input.Required(run.Parsed),
                    input.Others(run.Parsed, output)[0],
                    run.Parsed.GetValue(dense) ? Dense : run.Parsed.GetValue(form)
                )
        )
        {
            Keys = [("model.arch", arch)],
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string input, string output, string? form)
    {
        if (ModelFormats.Of(output) is not { } format)
            return new PqfError.Config(
                "command line",
                "out",
                $"expected a name that ends in .pqf, .pth, .safetensors or .onnx, got {output}"
            );
        if (run.Inputs.Without(output).With([input]).Check([output]) is Result<Unit, PqfError>.Error)
            return new PqfError.Config("command line", "out", $"expected another file than {input}, which would be overwritten");
        using var device = new HostDevice(run.Config.Threads);
        using var scope = device.BeginScope();
        return run.Load(input, device)
            .Bind<Unit>(network =>
            {
                run.NoteGuesses(network);
                if (form == Compressed && !network.IsCompressed)
                    return new PqfError.File(input, "is dense; expected a compressed network (pqf compress makes one)");
                var model = form == Dense ? network.Model.Decoded() : network.Model;
                return model.Save(output, format).Map(_ => Say(run, model, output, format));
            });
    }

    static Unit Say(RunContext run, PqfModel model, string output, ModelFormat format)
    {
        var result = new ConvertResult(
            output,
            format.Extension()[1..],
            new FileInfo(RealPath.Of(output)).Length,
            format == ModelFormat.Pth ? NetworkText.NotKept(model, output) : null
        );
        foreach (string line in result.Notes())
            run.Note(line);
        run.Conclude(result);
        return default;
    }
}
