using System.Text.Encodings.Web;
using System.Text.Json;
using Pqf.Nets.Masks;

namespace Pqf.Nets.Coco;

/// <summary>Writes results in COCO's form, for its server and its API.</summary>
public static class CocoWriter
{
    /// <summary>Writes boxes, masks or both, whatever the objects have.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="detections">In the order wanted.</param>
    public static void WriteResults(Stream stream, IEnumerable<CocoDetection> detections)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartArray();
        foreach (var detection in detections)
        {
            Write(json, detection);
            if (json.BytesPending > 1 << 16)
                json.Flush();
        }

        json.WriteEndArray();
    }

    static void Write(Utf8JsonWriter json, CocoDetection detection)
    {
        json.WriteStartObject();
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
        json.WriteEndObject();
    }
}
