using System.Collections.Immutable;
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

    /// <summary>As <see cref="Map"/>, under the name that query syntax looks for: <c>from x in a select f(x)</c>.</summary>
    public Result<TResult, TError> Select<TResult>(Func<T, TResult> selector) => Map(selector);

    /// <summary>Two steps in query syntax: <c>from x in a from y in f(x) select g(x, y)</c>. The first error ends the query.</summary>
    public Result<TResult, TError> SelectMany<TNext, TResult>(Func<T, Result<TNext, TError>> next, Func<T, TNext, TResult> selector) =>
        Bind(value => next(value).Map(following => selector(value, following)));

    /// <summary>Wraps a value.</summary>
    public static implicit operator Result<T, TError>(T value) => new Ok(value);

    /// <summary>Wraps an error.</summary>
    public static implicit operator Result<T, TError>(TError error) => new Error(error);
}

/// <summary>Functions on results that need more than one of them, or a known kind of error.</summary>
public static class Result
{
    /// <summary>All values, or the first error.</summary>
    public static Result<ImmutableArray<T>, TError> All<T, TError>(IEnumerable<Result<T, TError>> results)
    {
        var values = ImmutableArray.CreateBuilder<T>();
        foreach (var result in results)
        {
            switch (result)
            {
                case Result<T, TError>.Ok ok:
                    values.Add(ok.Value);
                    break;
                case Result<T, TError>.Error error:
                    return error.Value;
            }
        }

        return values.ToImmutable();
    }

    /// <summary>Success of both, or the errors of either.</summary>
    public static Result<Unit, PqfError> And(this Result<Unit, PqfError> first, Result<Unit, PqfError> second) =>
        first.Match<ImmutableArray<PqfError>>(_ => [], ErrorsOf).AddRange(second.Match<ImmutableArray<PqfError>>(_ => [], ErrorsOf)) switch
        {
            [] => default(Unit),
            [var one] => one,
            var all => new PqfError.Several(all),
        };

    static ImmutableArray<PqfError> ErrorsOf(PqfError error) => error is PqfError.Several all ? all.Errors : [error];

    /// <summary>The value, for callers that prefer exceptions.</summary>
    /// <exception cref="PqfException">There is an error; the exception holds it.</exception>
    public static T ValueOrThrow<T>(this Result<T, PqfError> result) =>
        result.Match(value => value, error => throw new PqfException(error));
}
