using System.CommandLine;
using Pqf.Cli.Results;
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
        var file = new NetworkFile("file", "The network: .pqf, .pth, .safetensors or .onnx, dense or compressed");
        var images = new Argument<string[]>("image") { Description = Photographs.Description, Arity = ArgumentArity.ZeroOrMore };
        var top = CheckedOption.Whole("--top", 5, "a whole number of 1 or more", count => count >= 1);
        top.Description = "Classes shown for each image";
        top.HelpName = "N";
        var skip = CommandEntry.SkipCorrupt();
        return new(
            file.CheckedIn(new Command("classify", "Name what photographs show.") { file.Word, images, file.Weights, top, skip.Option }),
            ["pqf classify out/resnet50.pqf cat.jpg dog.jpg", "pqf classify out/resnet50.pqf --top 1 photographs"],
            run => Run(run, file.Required(run.Parsed), file.Others(run.Parsed, images), run.Parsed.GetValue(top))
        )
        {
            Flags = [skip],
        };
    }

    static Result<Unit, PqfError> Run(RunContext run, string file, string[] arguments, int top)
    {
        var photographs = Photographs.Find(run, arguments);
        return photographs.Paths.IsEmpty
            ? photographs.Conclude()
            : run.WithDevice(device =>
                run.Load(file, device, NetworkTask.Classification)
                    .Bind(network => network.ForPhotographs())
                    .Bind(network =>
                    {
                        run.NoteGuesses(network);
                        return Classify(run, network, photographs, top);
                    })
            );
    }

    static Result<Unit, PqfError> Classify(RunContext run, Network network, Photographs photographs, int top)
    {
        var memory = photographs.Paths.Length <= BatchSize ? PlanMemory.Least : PlanMemory.Low;
        var classifier = new Classifier(network, Math.Min(BatchSize, photographs.Paths.Length), memory);
        var images = ImageSet.Of(photographs.Paths, photographs.Reader);
        var all = new List<ClassifiedImage>();
        foreach (var (path, result) in photographs.Paths.Zip(classifier.Logits(images, run.LoaderThreadCount, run.Cancellation)))
        {
            photographs.NoteGuess(path);
            var image = result.Match(
                logits => new ClassifiedImage(path, Best(network, logits.Span, top), null),
                error => new ClassifiedImage(path, [], photographs.Fail(error))
            );
            all.Add(image);
            if (image.Problem is null)
                run.Show(image);
        }

        run.Conclude(new ClassifyResult(all));
        return photographs.Conclude();
    }

    static ClassProbability[] Best(Network network, ReadOnlySpan<float> logits, int top)
    {
        double[] probabilities = Classifier.Probabilities(logits);
        return
        [
            .. Ranking
                .Top(logits, top)
                .Select(label => new ClassProbability(label, network.ClassNames[label], Finite.OrNull(probabilities[label]))),
        ];
    }
}
