using System.Diagnostics;

namespace Pqf.Tensors;

/// <summary>The outcome of something that may be expected to fail: a value or an error, never both.</summary>
/// <typeparam name="T">What success gives.</typeparam>
/// <typeparam name="TError">What failure says.</typeparam>
public abstract record Result<T, TError>
{
    Result() { }

    /// <summary>Success.</summary>
    public sealed record Ok(T Value) : Result<T, TError>;

    /// <summary>Failure.</summary>
    public sealed record Error(TError Value) : Result<T, TError>;

    /// <summary>Takes the branch of the case at hand.</summary>
    public TResult Match<TResult>(Func<T, TResult> ok, Func<TError, TResult> error) =>
        this switch
        {
            Ok success => ok(success.Value),
            Error failure => error(failure.Value),
            _ => throw new UnreachableException(),
        };

    /// <summary>Applies a function to the value, if there is one.</summary>
    public Result<TResult, TError> Map<TResult>(Func<T, TResult> function) =>
        Match<Result<TResult, TError>>(
            value => new Result<TResult, TError>.Ok(function(value)),
            error => new Result<TResult, TError>.Error(error)
        );

    /// <summary>Applies a function that may fail itself.</summary>
    public Result<TResult, TError> Bind<TResult>(Func<T, Result<TResult, TError>> function) =>
        Match(function, error => new Result<TResult, TError>.Error(error));

    /// <summary>Wraps a value.</summary>
    public static implicit operator Result<T, TError>(T value) => new Ok(value);

    /// <summary>Wraps an error.</summary>
    public static implicit operator Result<T, TError>(TError error) => new Error(error);
}
