using System.Text.Encodings.Web;
using System.Text.Json;
using Pqf.Nets.Masks;

namespace Pqf.Nets.Coco;

/// <summary>A result with what its numbers stand for.</summary>
/// <param name="Detection">The result.</param>
/// <param name="FileName">Its image.</param>
/// <param name="Category">Its class, in words.</param>
public sealed record NamedDetection(CocoDetection Detection, string FileName, string Category);

/// <summary>Writes results in COCO's form, for its server and its API.</summary>
public static class CocoWriter
{
    /// <summary>Writes boxes, masks or both, whatever the objects have.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="detections">In the order wanted.</param>
    public static void WriteResults(Stream stream, IEnumerable<CocoDetection> detections) => WriteList(stream, detections, WriteResult);

    /// <summary>Writes results with names beside the numbers: <c>file_name</c> and <c>category</c>, keys that COCO's own tools pass
    /// over.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="detections">In the order wanted.</param>
    public static void WriteResults(Stream stream, IEnumerable<NamedDetection> detections) =>
        WriteList(
            stream,
            detections,
            (json, item) =>
            {
                json.WriteString("file_name", item.FileName);
                json.WriteString("category", item.Category);
                WriteResult(json, item.Detection);
            }
        );

    static void WriteList<T>(Stream stream, IEnumerable<T> items, Action<Utf8JsonWriter, T> writeKeys)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartArray();
        foreach (var item in items)
        {
            json.WriteStartObject();
            writeKeys(json, item);
            json.WriteEndObject();
            if (json.BytesPending > 1 << 16)
                json.Flush();
        }

        json.WriteEndArray();
    }

    static void WriteResult(Utf8JsonWriter json, CocoDetection detection)
    {
        json.WriteNumber("image_id", detection.ImageId);
        json.WriteNumber("category_id", detection.CategoryId);
        if (detection.Box is { } box)
        {
            json.WriteStartArray("bbox");
            foreach (double number in (ReadOnlySpan<double>)[box.X, box.Y, box.Width, box.Height])
                json.WriteNumberValue(number);
            json.WriteEndArray();
        }

        if (detection.Mask is { } mask)
        {
            json.WriteStartObject("segmentation");
            json.WriteStartArray("size");
            json.WriteNumberValue(mask.Height);
            json.WriteNumberValue(mask.Width);
            json.WriteEndArray();
            json.WriteString("counts", RleText.Encode(mask));
            json.WriteEndObject();
        }

        json.WriteNumber("score", detection.Score);
    }
}
