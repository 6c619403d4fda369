using System.Collections.Immutable;
using Pqf.Cli.Data;
using Pqf.Cli.Shell;
using Pqf.Nets.Images;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;

namespace Pqf.Cli.Models;

/// <summary>Unlabelled images, as batches for <c>Calibration</c>.</summary>
/// <param name="Run">Loader threads, cancellation, progress.</param>
/// <param name="Preprocessing">How they are prepared.</param>
/// <param name="Device">Where the batches go.</param>
/// <param name="Images">Whose classes are not looked at.</param>
/// <param name="Order">Which of them.</param>
sealed record CalibrationImages(RunContext Run, Preprocessing Preprocessing, Device Device, ImageSet Images, ImmutableArray<int> Order)
{
    /// <summary>Most images used: the averages over so many change no more.</summary>
    const int MaxImages = 1024;

    const int DefaultBatchSize = 32;

    int BatchSize => Math.Min(Run.Config.Dataloader.BatchSize ?? DefaultBatchSize, Order.Length);

    /// <summary>Images of a folder; a random 1,024 of them where there are more.</summary>
    public static Result<CalibrationImages, PqfError> Open(RunContext run, string folder, Preprocessing preprocessing, Device device) =>
        ImageFolder
            .FindImages(folder)
            .Map(paths => Of(run, new ImageSet.Files([.. paths.Select(path => new LabelledImage(path, 0))]), preprocessing, device));

    /// <summary>A random 1,024 of some images, or all if there are fewer.</summary>
    public static CalibrationImages Of(RunContext run, ImageSet images, Preprocessing preprocessing, Device device) =>
        new(run, preprocessing, device, images, [.. run.Key.Fold("calibration").Permutation(images.Count).Take(MaxImages)]);

    /// <summary>Gives all batches, each of the full size, to a function of parameters.</summary>
    /// <param name="title">For the progress.</param>
    /// <param name="use">Asks for one batch at a time, each in a scope of its own.</param>
    public Result<Parameters, PqfError> Use(string title, Func<IEnumerable<Tensor<float>>, Parameters> use)
    {
        int count = Order.Length / BatchSize * BatchSize;
        return Run.Progress.Run<Result<Parameters, PqfError>>(
            title,
            "images",
            count,
            report =>
            {
                using var loaded = Load(count).GetEnumerator();
                PqfError? error = null;
                IEnumerable<Tensor<float>> Batches()
                {
                    do
                    {
                        if (loaded.Current is Result<ImageBatch, PqfError>.Ok(var (first, batchCount, pixels)))
                        {
                            report(first);
                            yield return Tensor<float>.From(Device, Classifier.InputShape(Preprocessing, batchCount), pixels.Span);
                        }
                        else
                        {
                            error = ((Result<ImageBatch, PqfError>.Error)loaded.Current).Value;
                            yield break;
                        }
                    } while (loaded.MoveNext());
                }

                // The first batch is looked at here: without any, there is nothing to be calibrated with.
                loaded.MoveNext();
                if (loaded.Current is Result<ImageBatch, PqfError>.Error failed)
                    return failed.Value;
                var result = use(Batches());
                return error is null ? result : error;
            }
        );
    }

    IEnumerable<Result<ImageBatch, PqfError>> Load(int count) =>
        ImageBatches.Load(
            count,
            Preprocess.InputCount(Preprocessing),
            (i, input) => Images.Prepare(Order[i], Preprocessing, null, input),
            new Loading(BatchSize, Evaluation.LoaderThreads(Run), 1),
            Run.Cancellation
        );
}
