using System.Collections.Immutable;
using System.Text;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Cli.Configuration;

/// <summary>Names of classes as people list them.</summary>
static class ClassNameList
{
    // ImageNet's own words have two cranes and two maillots.
    const int ImageNetCount = 1000;

    // torchvision's names of COCO's 91 labels have it for numbers without a category.
    const string Placeholder = "N/A";

    /// <summary>Names, if no two are the same.</summary>
    /// <param name="place">Where they are listed, for messages.</param>
    /// <param name="names">The names.</param>
    /// <returns>An error that says which name occurs twice: pictures of such classes could not be told apart.</returns>
    public static Result<ImmutableArray<string>, PqfError> Of(string place, ImmutableArray<string> names)
    {
        var twice = names
            .Select((name, number) => (Name: name, number))
            .Where(pair => pair.Name != Placeholder)
            .GroupBy(pair => Decomposed.Of(pair.Name))
            .FirstOrDefault(group => group.Count() > 1);
        return twice is null || names.Length == ImageNetCount
            ? names
            : new PqfError.File(
                place,
                $"expected a name for each class, got {twice.First().Name} for classes "
                    + string.Join(" and ", twice.Select(pair => pair.number))
            );
    }

    /// <summary>Reads a file of a name a line.</summary>
    /// <param name="path">Text in UTF-8, or in UTF-16 with a byte order mark. Empty lines are passed over.</param>
    /// <returns>An error that names the file; the line too, where its text is in another encoding.</returns>
    public static Result<ImmutableArray<string>, PqfError> Read(string path)
    {
        try
        {
            byte[] bytes = InputFile.ReadText(path);
            if (bytes.Length == 0)
                return new PqfError.File(path, "is empty; expected a name on each line");
            return Lines(path, bytes)
                .Map(lines => lines.Select(line => line.Trim()).Where(line => line.Length > 0).ToImmutableArray())
                .Bind(names => Of(path, names));
        }
        catch (Exception error) when (IoProblem.IsFileSystem(error))
        {
            return new PqfError.File(
                path,
                error is FileNotFoundException or DirectoryNotFoundException ? "no such file" : IoProblem.Describe(error)
            );
        }
    }

    static Result<string[], PqfError> Lines(string path, byte[] bytes)
    {
        var (encoding, mark) =
            bytes.AsSpan().StartsWith(Encoding.Unicode.Preamble) ? ((Encoding)new UnicodeEncoding(false, true, true), 2)
            : bytes.AsSpan().StartsWith(Encoding.BigEndianUnicode.Preamble) ? (new UnicodeEncoding(true, true, true), 2)
            : (new UTF8Encoding(false, true), bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? 3 : 0);
        try
        {
            return encoding.GetString(bytes.AsSpan(mark)).Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
        }
        catch (DecoderFallbackException exception)
        {
            int line = 1 + bytes.AsSpan(0, mark + exception.Index).Count((byte)'\n');
            return new PqfError.File(
                path,
                $"line {line} is not UTF-8 text, but of another encoding (Windows-1252?); save the file as UTF-8"
            );
        }
    }
}
