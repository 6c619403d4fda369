namespace Pqf.Tensors;

/// <summary>An expected failure as an exception, for callers of <see cref="Result.ValueOrThrow"/>. Its message is the error's.</summary>
public sealed class PqfException(PqfError error) : Exception(error.Message)
{
    /// <summary>What failed.</summary>
    public PqfError Error { get; } = error;
}
