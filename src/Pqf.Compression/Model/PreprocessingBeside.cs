using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Pqf.Nets.Architectures;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>How images are prepared, as a file beside a network's weights says it: timm's <c>config.json</c>, or Hugging Face's
/// <c>preprocessor_config.json</c>.</summary>
/// <param name="Preprocessing">As far as it can be done here.</param>
/// <param name="Notes">What was read, and what of it is not done here; a line each.</param>
sealed record PreprocessingBeside(Preprocessing Preprocessing, ImmutableArray<string> Notes)
{
    const string HuggingFaceName = "preprocessor_config.json",
        TimmName = "config.json";

    /// <summary>The network's name in timm's file beside its weights; null where there is none.</summary>
    /// <param name="weights">The weights' file.</param>
    public static string? TimmArchitecture(string weights)
    {
        string path = Path.Combine(Path.GetDirectoryName(weights) ?? "", TimmName);
        string? name = null;
        if (File.Exists(path))
            // A file that cannot be understood is reported where preprocessing is read.
            Read(path, json => Nothing(name = json.Text("architecture")));
        return name;

        static FoundPreprocessing? Nothing(string? _) => null;
    }

    /// <summary>Looks for the file, unless the weights' own file or the overrides say everything already.</summary>
    /// <param name="weights">The weights' file.</param>
    /// <param name="stored">As the weights' file says; null where it is silent.</param>
    /// <param name="architecture">A classifier; other networks prepare images themselves.</param>
    /// <param name="overrides">What wins.</param>
    /// <returns>Null where there is none; an error that names the file and the field where it cannot be understood.</returns>
    public static Result<PreprocessingBeside?, PqfError> Find(
        string weights,
        Preprocessing? stored,
        Architecture architecture,
        NetworkOverrides overrides
    )
    {
        bool isSaid = overrides is { Resize: not null, Crop: not null, Mean: not [], Deviation: not [] };
        if (stored is not null || isSaid || Networks.TaskOf(architecture) != NetworkTask.Classification)
            return (PreprocessingBeside?)null;
        string folder = Path.GetDirectoryName(weights) ?? "";
        int channels = architecture.InChannels;
        string huggingFace = Path.Combine(folder, HuggingFaceName),
            timm = Path.Combine(folder, TimmName);
        return File.Exists(huggingFace) ? Read(huggingFace, json => HuggingFacePreprocessing.Of(json, channels))
            : File.Exists(timm) ? Read(timm, json => TimmPreprocessing.Of(json, channels))
            : (PreprocessingBeside?)null;
    }

    static Result<PreprocessingBeside?, PqfError> Read(string path, Func<JsonFields, FoundPreprocessing?> understand)
    {
        try
        {
            using var json = JsonDocument.Parse(WithoutMark(InputFile.ReadText(path)));
            return understand(new(json.RootElement, "")) is { } found ? Of(path, found) : (PreprocessingBeside?)null;
        }
        // The second is for texts that are not UTF-8, and for halves of a surrogate pair.
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return new PqfError.File(
                path,
                $"{Printable.Message(exception.Message)}; preprocessing.resize, crop, mean and deviation, all four, say it in its place"
            );
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(path, exception);
        }
    }

    static PreprocessingBeside Of(string path, FoundPreprocessing found)
    {
        var how = found.Preprocessing;
        string name = Path.GetFileName(path);
        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"resize {how.Resize}, crop {how.Crop}, mean {Listed(how.Mean)}, deviation {Listed(how.Deviation)}"
        );
        return new(
            how,
            [
                $"{name} beside it says how images are prepared ({found.Origin}): {numbers}; preprocessing.resize, crop, mean, deviation "
                    + "win over it",
                .. found.NotDone.Select(what => $"{name}: {what}"),
            ]
        );
    }

    static string Listed(ImmutableArray<float> values) =>
        $"[{string.Join(", ", values.Select(value => value.ToString("0.####", CultureInfo.InvariantCulture)))}]";

    static ReadOnlyMemory<byte> WithoutMark(byte[] text) => text is [0xEF, 0xBB, 0xBF, ..] ? text.AsMemory(3) : text;
}

/// <summary>What a file says about images.</summary>
/// <param name="Origin">Whose form it has.</param>
/// <param name="Preprocessing">As far as it can be done here.</param>
/// <param name="NotDone">What the file says and is not done here, or not so; each may change the network's answers.</param>
sealed record FoundPreprocessing(string Origin, Preprocessing Preprocessing, ImmutableArray<string> NotDone);
