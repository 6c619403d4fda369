namespace Pqf.Tensors.Formats;

/// <summary>Says in a few words, without the path, why the file system refused.</summary>
public static class IoProblem
{
    /// <summary>Whether an exception comes from the file system or from a file's contents.</summary>
    public static bool IsExpected(Exception exception) => IsFileSystem(exception) || exception is InvalidDataException;

    /// <summary>Whether an exception comes from the file system.</summary>
    public static bool IsFileSystem(Exception exception) => exception is IOException or UnauthorizedAccessException;

    /// <summary>The error of a file that cannot be read: it is not there, is a folder, or is refused.</summary>
    public static PqfError.File Unreadable(string path, Exception exception) =>
        new(
            path,
            exception is FileNotFoundException or DirectoryNotFoundException ? "not found"
                : Directory.Exists(path) ? "is a folder; expected a file"
                : "cannot be read"
        );

    /// <summary>A few words for a person: <c>permission denied</c>, <c>No space left on device</c>.</summary>
    public static string Describe(Exception exception) =>
        exception switch
        {
            UnauthorizedAccessException => "permission denied",
            DirectoryNotFoundException => "its folder does not exist",
            FileNotFoundException => "not found",
            _ => exception.Message.Split(" : '", 2)[0],
        };

    /// <summary>Runs an action on a file or folder and turns what the file system or the contents refuse into an error.</summary>
    /// <param name="path">The file or folder, for the error.</param>
    /// <param name="action">Reads or writes it.</param>
    /// <param name="failure">What fails, such as <c>cannot be written</c>; omit it where the reason alone says enough.</param>
    public static Result<T, PqfError> Try<T>(string path, Func<T> action, string? failure = null)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (IsExpected(exception))
        {
            return Error(path, exception, failure);
        }
    }

    /// <summary>The error of an expected exception.</summary>
    public static PqfError.File Error(string path, Exception exception, string? failure = null) =>
        new(path, failure is null ? Describe(path, exception) : $"{failure}: {Describe(path, exception)}");

    /// <summary>A few words, which name a file that stands where a folder is expected.</summary>
    static string Describe(string path, Exception exception)
    {
        if (exception is DirectoryNotFoundException)
            for (string? above = Path.GetDirectoryName(path); above is { Length: > 0 }; above = Path.GetDirectoryName(above))
                if (File.Exists(above))
                    return $"{above} is a file; expected a folder";
        return Describe(exception);
    }
}
