using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Images;
using Pqf.Cli.Shell;
using Pqf.Compression.Data;
using Pqf.Compression.Jobs;
using Pqf.Compression.Model;
using Pqf.Nets.Architectures;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Ops.Convolution;

namespace Pqf.Cli.Commands;

/// <summary><c>pqf classify</c>.</summary>
static class ClassifyCommand
{
    const int BatchSize = 16;

    /// <summary>The command.</summary>
    public static CommandEntry Create()
    {
        var file = new Argument<string>("file") { Description = "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed" };
        var images = new Argument<string[]>("image") { Description = "Photographs", Arity = ArgumentArity.OneOrMore };
        var top = new Option<int>("--top")
        {
            Description = "Classes shown for each image",
            HelpName = "N",
            DefaultValueFactory = _ => 5,
        };
        top.Validators.Add(result =>
        {
            if (!result.Errors.Any() && result.GetValueOrDefault<int>() < 1)
                result.AddError("--top: expected a whole number of 1 or more");
        });
        return new(
            new Command("classify", "Name what photographs show.") { file, images, top },
            ["pqf classify out/resnet50.pqf cat.jpg dog.jpg", "pqf classify out/resnet50.pqf --top 1 cat.jpg"],
            run => Run(run, run.Parsed.GetRequiredValue(file), run.Parsed.GetRequiredValue(images), run.Parsed.GetValue(top))
        );
    }

    static Result<Unit, PqfError> Run(RunContext run, string file, string[] images, int top) =>
        run.WithDevice(device =>
            run.Load(file, device, NetworkTask.Classification)
                .Bind(network =>
                {
                    run.NoteUnused(network);
                    return Classify(run, network, images, top);
                })
        );

    static Result<Unit, PqfError> Classify(RunContext run, Network network, string[] images, int top)
    {
        var classifier = new Classifier(network, Math.Min(BatchSize, images.Length), PlanMemory.Low);
        var results = classifier.Logits(ImageSet.Of(images, ImageDecoder.Reader), run.LoaderThreadCount, run.Cancellation);
        foreach (var (image, result) in images.Zip(results))
        {
            if (result is not Result<ReadOnlyMemory<float>, PqfError>.Ok(var logits))
                return ((Result<ReadOnlyMemory<float>, PqfError>.Error)result).Value;
            Print(run, network, image, logits.Span, top);
        }

        return default(Unit);
    }

    static void Print(RunContext run, Network network, string image, ReadOnlySpan<float> logits, int top)
    {
        double[] probabilities = Classifier.Probabilities(logits);
        run.WriteLine(image);
        foreach (int label in Ranking.Top(logits, top))
            run.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"  {100 * probabilities[label], 6:0.00} %  {network.ClassNames[label]}")
            );
    }
}
