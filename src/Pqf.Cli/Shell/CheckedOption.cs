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

    /// <summary>An option of one word of several. Its value is null where it is not given: help would show a default value as the program
    /// calls it, and not its word.</summary>
    /// <param name="name">With its dashes.</param>
    /// <param name="choices">Words and what they mean.</param>
    public static Option<T?> Word<T>(string name, params (string Word, T Value)[] choices)
        where T : struct
    {
        string expected = $"one of {string.Join(", ", choices.Select(choice => choice.Word))}";
        return new(name)
        {
            CustomParser = result =>
            {
                string text = TextOf(result);
                var known = choices.Where(choice => choice.Word == text).Select(choice => (T?)choice.Value).FirstOrDefault();
                if (known is null)
                    result.AddError(Message(name, expected, text));
                return known;
            },
        };
    }

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
            result.AddError(Message(name, $"one of {string.Join(", ", words)}", last.Value));
    }

    static Option<T> Of<T>(string name, T fallback, string expected, Func<string, T?> parse)
        where T : struct =>
        new(name)
        {
            DefaultValueFactory = _ => fallback,
            CustomParser = result =>
            {
                string text = TextOf(result);
                if (parse(text) is { } value)
                    return value;
                result.AddError(Message(name, expected, text));
                return fallback;
            },
        };

    static string TextOf(ArgumentResult result) => result.Tokens is [.., var last] ? last.Value : "";

    static string Message(string name, string expected, string got) =>
        $"{ConfigLoader.CommandLine}: {name}: expected {expected}, got {Printable.Name(got)}";
}
