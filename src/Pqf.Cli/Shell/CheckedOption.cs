using System.CommandLine;
using System.Globalization;
using Pqf.Tensors;

namespace Pqf.Cli.Shell;

/// <summary>Options whose values are checked as they are read: what does not fit is an error that says what was expected and what
/// came.</summary>
static class CheckedOption
{
    /// <summary>An option of a whole number.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="fallback">Its value where it is not given.</param>
    /// <param name="expected">What fits, in words.</param>
    /// <param name="fits">Whether a number fits.</param>
    public static Option<int> Whole(string name, int fallback, string expected, Func<int, bool> fits) =>
        Of(
            name,
            fallback,
            expected,
            text =>
                int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && fits(value) ? value : null
        );

    /// <summary>An option of a number.</summary>
    /// <inheritdoc cref="Whole"/>
    public static Option<double> Number(string name, double fallback, string expected, Func<double, bool> fits) =>
        Of(
            name,
            fallback,
            expected,
            text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && fits(value) ? value : null
        );

    /// <summary>An option of one word of several.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="choices">The first is its value where it is not given.</param>
    public static Option<T> Word<T>(string name, params (string Word, T Value)[] choices)
        where T : struct =>
        Of<T>(
            name,
            choices[0].Value,
            $"one of {string.Join(", ", choices.Select(choice => choice.Word))}",
            text => choices.Where(choice => choice.Word == text).Select(choice => (T?)choice.Value).FirstOrDefault()
        );

    static Option<T> Of<T>(string name, T fallback, string expected, Func<string, T?> parse)
        where T : struct =>
        new(name)
        {
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                string text = result.Tokens is [.., var last] ? last.Value : "";
                if (parse(text) is { } value)
                    return value;
                result.AddError($"{name}: expected {expected}, got {Printable.Name(text)}");
                return fallback;
            },
        };
}
