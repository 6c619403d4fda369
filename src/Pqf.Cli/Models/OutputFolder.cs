using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Models;

/// <summary>The folder that results go to.</summary>
static class OutputFolder
{
    /// <summary>Makes the folder if need be and tries it, so that a run of minutes does not end in a file that cannot be written.</summary>
    public static Result<Unit, PqfError> Prepare(string folder)
    {
        string probe = Path.Combine(folder, ".pqf-probe");
        try
        {
            Directory.CreateDirectory(folder);
            return AtomicFile
                .WriteText(probe, _ => { })
                .Map(_ =>
                {
                    File.Delete(probe);
                    return default(Unit);
                });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new PqfError.File(
                folder,
                $"cannot be made a folder: {(error is UnauthorizedAccessException ? "permission denied" : error.Message)}"
            );
        }
    }
}
