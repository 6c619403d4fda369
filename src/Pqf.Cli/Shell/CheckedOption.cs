using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Pqf.Cli.Configuration;
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

    /// <summary>Checks that a value is one of some words, which shells complete.</summary>
    /// <param name="option">The option.</param>
    /// <param name="words">What fits.</param>
    public static void AcceptOnly(this Option<string?> option, params string[] words)
    {
        option.CompletionSources.Add(words);
        option.Validators.Add(result => Check(result, option.Name, words));
    }

    /// <inheritdoc cref="AcceptOnly(Option{string}, string[])"/>
    /// <param name="argument">The argument.</param>
    public static void AcceptOnly(this Argument<string> argument, params string[] words)
    {
        argument.CompletionSources.Add(words);
        argument.Validators.Add(result => Check(result, argument.Name, words));
    }

    static void Check(SymbolResult result, string name, string[] words)
    {
        if (result.Tokens is [.., var last] && !words.Contains(last.Value))
            result.AddError(
                $"{ConfigLoader.CommandLine}: {name}: expected one of {string.Join(", ", words)}, got {Printable.Name(last.Value)}"
            );
    }

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
                result.AddError($"{ConfigLoader.CommandLine}: {name}: expected {expected}, got {Printable.Name(text)}");
                return fallback;
            },
        };
}
