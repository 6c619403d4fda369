namespace Pqf.Tensors.Formats;

/// <summary>Says in a few words, without the path, why the file system refused.</summary>
static class IoProblem
{
    /// <summary>Whether an exception comes from the file system or from a file's contents.</summary>
    public static bool IsExpected(Exception exception) => exception is IOException or UnauthorizedAccessException or InvalidDataException;

    /// <summary>A few words for a person: <c>permission denied</c>, <c>No space left on device</c>.</summary>
    public static string Describe(Exception exception) =>
        exception switch
        {
            UnauthorizedAccessException => "permission denied",
            DirectoryNotFoundException => "its folder does not exist",
            FileNotFoundException => "not found",
            _ => exception.Message.Split(" : '", 2)[0],
        };
}
