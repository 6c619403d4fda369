using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Jobs;

/// <summary>The folder that results go to.</summary>
public static class OutputFolder
{
    /// <summary>Makes the folder if need be and tries it, so that a run of minutes does not end in a file that cannot be written.</summary>
    /// <returns>An error that names the folder if the file system refuses.</returns>
    public static Result<Unit, PqfError> Prepare(string folder)
    {
        string probe = Path.Combine(folder, ".pqf-probe");
        return IoProblem
            .Try(folder, () => Directory.CreateDirectory(folder), "cannot be made a folder")
            .Bind(_ => AtomicFile.WriteText(probe, _ => { }))
            .Bind(_ =>
                IoProblem.Try(
                    folder,
                    () =>
                    {
                        File.Delete(probe);
                        return default(Unit);
                    },
                    "cannot be made a folder"
                )
            );
    }
}
