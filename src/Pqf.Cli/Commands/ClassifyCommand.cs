using System.CommandLine;
using System.Globalization;
using Pqf.Cli.Data;
using Pqf.Cli.Models;
using Pqf.Cli.Shell;
using Pqf.Nets.Metrics;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
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
            NetworkFiles
                .LoadClassifier(file, run.Config, device)
                .Bind(network =>
                {
                    NetworkReport.NoteUnused(run, network);
                    return Classify(run, network, images, top, device);
                })
        );

    static Result<Unit, PqfError> Classify(RunContext run, NetworkFile network, string[] images, int top, Device device)
    {
        int batchSize = Math.Min(BatchSize, images.Length),
            classCount = network.Architecture.ClassCount;
        var classifier = new Classifier(network, device, batchSize, PlanMemory.Low);
        foreach (var batch in Evaluation.Load(run, images, network.Preprocessing, batchSize))
        {
            if (batch is Result<ImageBatch, PqfError>.Error error)
                return error.Value;
            var (first, count, pixels) = ((Result<ImageBatch, PqfError>.Ok)batch).Value;
            float[] logits = classifier.Logits(pixels.Span, count);
            for (int i = 0; i < count; i++)
                Print(run, network, images[first + i], logits.AsSpan(i * classCount, classCount), top);
        }

        return default(Unit);
    }

    static void Print(RunContext run, NetworkFile network, string image, ReadOnlySpan<float> logits, int top)
    {
        float[] scores = logits.ToArray();
        double largest = scores.Max(),
            total = scores.Sum(score => Math.Exp(score - largest));
        run.WriteLine(image);
        foreach (int label in Ranking.Top(scores, top))
            run.WriteLine(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {100 * Math.Exp(scores[label] - largest) / total, 6:0.00} %  {network.ClassNames[label]}"
                )
            );
    }
}
