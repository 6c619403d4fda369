using Pqf.Compression.Data;
using Pqf.Tensors;

namespace Pqf.Compression.Jobs;

/// <summary>Results of images, some of which cannot be decoded.</summary>
static class DecodedImages
{
    /// <summary>Takes the result of each image that can be decoded.</summary>
    /// <param name="results">Of every image, in order; an error in the place of one that cannot be decoded.</param>
    /// <param name="count">Images.</param>
    /// <param name="skipped">Receives those errors; null where such an image is an error.</param>
    /// <param name="report">Receives the number of images done.</param>
    /// <param name="take">Receives an image's place and result.</param>
    /// <returns>The error of the first image that cannot be decoded, unless such images are left out and others remain.</returns>
    public static Result<Unit, PqfError> ForEach<T>(
        IEnumerable<Result<T, PqfError>> results,
        int count,
        SkippedImages? skipped,
        Action<int> report,
        Action<int, T> take
    )
    {
        int done = 0,
            taken = 0;
        foreach (var result in results)
        {
            if (result is Result<T, PqfError>.Ok(var value))
            {
                take(done, value);
                taken++;
            }
            else if (result is Result<T, PqfError>.Error(var error))
            {
                skipped?.Add(error);
                if (skipped is null || (done == count - 1 && taken == 0))
                    return error;
            }

            report(++done);
        }

        return default(Unit);
    }
}
