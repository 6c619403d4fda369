using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Pqf.Compression.Data;
using Pqf.Nets.Architectures;
using Pqf.Nets.Families;
using Pqf.Nets.Images;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Model;

/// <summary>What files beside a network's weights say: how images are prepared (timm's <c>config.json</c>, Hugging Face's
/// <c>preprocessor_config.json</c>), and what the classes are called (Hugging Face's <c>config.json</c>).</summary>
/// <param name="Preprocessing">As far as it is supported here; null where no file says it.</param>
/// <param name="ClassNames">Null where no file says them.</param>
/// <param name="Notes">What was taken, what is not supported here, and which files were left; a line each.</param>
sealed record SettingsBeside(Preprocessing? Preprocessing, ClassNames? ClassNames, ImmutableArray<string> Notes)
{
    const string ProcessorName = "preprocessor_config.json",
        // timm's and Hugging Face's; many other programs have a file of this name.
        ConfigName = "config.json";

    static readonly SettingsBeside None = new(null, null, []);

    /// <summary>The network's name in timm's file beside its weights; null where there is none.</summary>
    /// <param name="weights">The weights' file.</param>
    public static string? TimmArchitecture(string weights) =>
        In(Open(weights, ConfigName), json => json.Text("architecture")).Match(name => name, _ => null);

    /// <summary>The names of classes beside weights; null where there are none.</summary>
    /// <param name="weights">The weights' file.</param>
    /// <param name="count">Classes of the network.</param>
    public static ClassNames? NamesOf(string weights, int count) =>
        In(Open(weights, ConfigName), json => HuggingFaceClasses.Of(json, count)).Match(names => names, _ => null);

    /// <summary>Looks for the files.</summary>
    /// <param name="weights">The weights' file, which does not say it itself.</param>
    /// <param name="architecture">What the weights are; networks other than classifiers prepare images themselves.</param>
    /// <param name="overrides">What wins.</param>
    /// <returns>What was found. A file that cannot be understood may be another program's: a note says so.</returns>
    public static SettingsBeside Find(string weights, Architecture architecture, NetworkOverrides overrides)
    {
        if (Networks.TaskOf(architecture) != NetworkTask.Classification)
            return None;
        bool isSaid = overrides is { Resize: not null, Crop: not null, Mean: not [], Deviation: not [] };
        var found = isSaid ? None : Processor(weights, architecture.InChannels, overrides);
        var config = Open(weights, ConfigName);
        var timm =
            isSaid || found.Preprocessing is not null ? None : InConfig(config, json => Timm(json, architecture.InChannels, overrides));
        return found
            .And(timm)
            .And(InConfig(config, json => ClassCount(json, "num_classes", architecture)))
            .And(InConfig(config, json => ClassCount(json, "num_labels", architecture)))
            .And(InConfig(config, json => Name(json, architecture)))
            .And(Classes(config, architecture, overrides));
    }

    /// <summary>The notes of both once, and what this says before what the other says.</summary>
    SettingsBeside And(SettingsBeside other) =>
        new(Preprocessing ?? other.Preprocessing, ClassNames ?? other.ClassNames, [.. Notes.Concat(other.Notes).Distinct()]);

    static SettingsBeside Processor(string weights, int channels, NetworkOverrides overrides) =>
        In(
                Open(weights, ProcessorName),
                json =>
                    HuggingFacePreprocessing.SpeaksOfImages(json)
                        ? Taken(ProcessorName, HuggingFacePreprocessing.Of(json, channels, overrides.Crop), overrides)
                        : Left(ProcessorName, "it says nothing about images")
            )
            .Match(found => found ?? None, problem => Left(ProcessorName, problem));

    static SettingsBeside Timm(JsonFields json, int channels, NetworkOverrides overrides) =>
        TimmPreprocessing.Of(json, channels, overrides.Crop) is { } found ? Taken(ConfigName, found, overrides)
        : TimmPreprocessing.Stray(json) is { } field
            ? Left(ConfigName, $"{field}: expected it in pretrained_cfg, or input_size with mean or crop_pct, as in timm's files")
        : None;

    /// <summary>The note of a number of classes that the weights do not have.</summary>
    static SettingsBeside ClassCount(JsonFields json, string field, Architecture architecture) =>
        json.Integer(field, 0, int.MaxValue) is { } count && count != architecture.ClassCount
            ? Noted(
                $"{ConfigName} beside the weights says {Plural.Of(count, "class", "classes")}; the weights have "
                    + $"{architecture.ClassCount}, which are used"
            )
            : None;

    /// <summary>The note of a network that the weights are not.</summary>
    static SettingsBeside Name(JsonFields json, Architecture architecture) =>
        json.Text("architecture") is { } name && IsAnother(name, architecture)
            ? Noted(
                $"{ConfigName} beside the weights says {Printable.Name(name)}; the weights are those of {architecture.Title}, which is used"
            )
            : None;

    static SettingsBeside Noted(string line) => None with { Notes = [line] };

    /// <summary>Whether a name is that of a known network, and not of this one. Names that are timm's alone are not compared.</summary>
    static bool IsAnother(string name, Architecture architecture) =>
        Networks.Names.Contains(name) && Networks.Names.Contains(architecture.Name) ? !Networks.IsAlso(architecture, name)
        : FamilyNetwork.Names.Contains(name) && FamilyNetwork.Names.Contains(architecture.Title) ? architecture.Title != name
        : (Networks.Names.Contains(name) && FamilyNetwork.Names.Contains(architecture.Title))
            || (FamilyNetwork.Names.Contains(name) && Networks.Names.Contains(architecture.Name));

    static SettingsBeside Classes(Result<JsonFields?, string> config, Architecture architecture, NetworkOverrides overrides)
    {
        bool isWanted =
            overrides is { ClassNames: [], NewHead: not { When: NewHeadWhen.Always } }
            && (overrides.ClassCount ?? architecture.ClassCount) == architecture.ClassCount;
        return isWanted
            ? InConfig(
                config,
                json =>
                    HuggingFaceClasses.Of(json, architecture.ClassCount) is not { } names
                        ? None
                        : new(
                            null,
                            names,
                            names is ClassNames.Listed listed
                                ? [$"{ConfigName} beside the weights names the classes (id2label): {ClassMatch.Cut(listed.Names)}"]
                                : []
                        )
            )
            : None;
    }

    /// <summary>A part of config.json; a note where it cannot be understood.</summary>
    static SettingsBeside InConfig(Result<JsonFields?, string> config, Func<JsonFields, SettingsBeside> understand) =>
        In(config, understand).Match(found => found ?? None, problem => Left(ConfigName, problem));

    /// <summary>A part of a file; null where there is no file.</summary>
    /// <returns>What is wrong, without the file's name.</returns>
    static Result<T?, string> In<T>(Result<JsonFields?, string> file, Func<JsonFields, T?> understand)
        where T : class =>
        file.Bind<T?>(json =>
        {
            try
            {
                return new Result<T?, string>.Ok(json is null ? null : understand(json));
            }
            catch (Exception exception) when (JsonProblem.IsOne(exception))
            {
                return new Result<T?, string>.Error(JsonProblem.Describe(exception));
            }
        });

    /// <summary>Reads a file beside the weights, once for all its parts.</summary>
    /// <returns>Null where there is none; or what is wrong, without the file's name.</returns>
    static Result<JsonFields?, string> Open(string weights, string name)
    {
        string path = Beside(weights, name);
        if (!Path.Exists(path))
            return new Result<JsonFields?, string>.Ok(null);
        try
        {
            using var json = JsonDocument.Parse(WithoutMark(InputFile.ReadText(path)));
            return new Result<JsonFields?, string>.Ok(new(json.RootElement.Clone(), ""));
        }
        catch (Exception exception) when (JsonProblem.IsOne(exception))
        {
            return new Result<JsonFields?, string>.Error(JsonProblem.Describe(exception));
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return new Result<JsonFields?, string>.Error(IoProblem.Unreadable(path, exception).Problem);
        }
    }

    static SettingsBeside Left(string name, string problem) => None with { Notes = [$"{name} beside the weights: not taken: {problem}"] };

    static SettingsBeside Taken(string name, FoundPreprocessing found, NetworkOverrides overrides)
    {
        var how = overrides.Over(found.Preprocessing);
        string Mark(bool isOverridden, string key) => isOverridden ? $" (preprocessing.{key})" : "";
        string numbers = string.Create(
            CultureInfo.InvariantCulture,
            $"resize {how.Resize}{Mark(overrides.Resize is not null, "resize")}, "
                + $"crop {how.Crop}{Mark(overrides.Crop is not null, "crop")}, "
                + $"mean {PreparationText.Listed(how.Mean)}{Mark(overrides.Mean is not [], "mean")}, "
                + $"deviation {PreparationText.Listed(how.Deviation)}{Mark(overrides.Deviation is not [], "deviation")}"
        );
        return new(
            how,
            null,
            [
                $"{name} beside the weights says how images are prepared ({found.Origin}): {numbers}; change it with preprocessing.resize, "
                    + "crop, mean, deviation",
                .. found.Unsupported.Select(what => $"{name}: {what}"),
            ]
        );
    }

    static string Beside(string weights, string name) => Path.Combine(Path.GetDirectoryName(weights) ?? "", name);

    static ReadOnlyMemory<byte> WithoutMark(byte[] text) => text is [0xEF, 0xBB, 0xBF, ..] ? text.AsMemory(3) : text;
}

/// <summary>What a file says about images.</summary>
/// <param name="Origin">Whose form it has.</param>
/// <param name="Preprocessing">As far as it is supported here.</param>
/// <param name="Unsupported">What the file says and is not supported here, or not so; each may change the network's answers.</param>
sealed record FoundPreprocessing(string Origin, Preprocessing Preprocessing, ImmutableArray<string> Unsupported);
