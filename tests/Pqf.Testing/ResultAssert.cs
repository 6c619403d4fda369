using Pqf.Tensors;
using Xunit;

namespace Pqf.Testing;

/// <summary>Takes results apart in tests.</summary>
public static class ResultAssert
{
    /// <summary>The value; fails the test with the error's message if there is none.</summary>
    public static T Value<T>(this Result<T, PqfError> result) =>
        result.Match(
            value => value,
            error =>
            {
                Assert.Fail(error.Message);
                return default(T)!;
            }
        );

    /// <summary>The error's message; fails the test if there was a value.</summary>
    public static string ErrorMessage<T>(this Result<T, PqfError> result) =>
        result.Match(
            value =>
            {
                Assert.Fail($"expected an error, got {value}");
                return "";
            },
            error => error.Message
        );
}
