using System.Collections.Immutable;
using Pqf.Nets.Coco;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Compression.Data;

/// <summary>Opens and writes COCO's files.</summary>
public static class CocoFiles
{
    /// <summary>Reads a file of instances.</summary>
    /// <returns>An error that names the file, and object and key where one is wrong.</returns>
    public static Result<CocoInstances, PqfError> ReadInstances(string path) =>
        With(path, stream => CocoReader.ReadInstances(stream, path));

    /// <summary>Reads a file of results.</summary>
    /// <returns>An error as for instances.</returns>
    public static Result<ImmutableArray<CocoDetection>, PqfError> ReadResults(string path, CocoInstances truth) =>
        With(path, stream => CocoReader.ReadResults(stream, path, truth));

    /// <summary>Writes what was found as COCO's server and its API take it: the boxes alone.</summary>
    public static Result<Unit, PqfError> WriteBoxes(string path, IReadOnlyList<CocoDetection> detections) =>
        AtomicFile.Write(path, stream => CocoWriter.WriteResults(stream, detections.Select(item => item with { Mask = null })));

    /// <summary>The same with the masks alone.</summary>
    public static Result<Unit, PqfError> WriteMasks(string path, IReadOnlyList<CocoDetection> detections) =>
        AtomicFile.Write(path, stream => CocoWriter.WriteResults(stream, detections.Select(item => item with { Box = null })));

    static Result<T, PqfError> With<T>(string path, Func<Stream, Result<T, PqfError>> read)
    {
        try
        {
            using var stream = InputFile.Open(path, bufferSize: 0);
            return read(stream);
        }
        catch (Exception exception) when (IoProblem.IsFileSystem(exception))
        {
            return IoProblem.Unreadable(path, exception);
        }
    }
}
