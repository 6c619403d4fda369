using Pqf.Tensors;

namespace Pqf.Bench;

/// <summary>Takes results apart where a bench cannot go on without the value.</summary>
static class ResultValue
{
    /// <summary>The value.</summary>
    /// <exception cref="InvalidOperationException">There is an error; its message.</exception>
    public static T Value<T>(this Result<T, PqfError> result) =>
        result.Match(value => value, error => throw new InvalidOperationException(error.Message));
}
