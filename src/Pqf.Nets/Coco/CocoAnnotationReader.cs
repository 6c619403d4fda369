using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using Pqf.Nets.Masks;

namespace Pqf.Nets.Coco;

/// <summary>Reads one annotated object: see <see cref="CocoReader"/>.</summary>
static class CocoAnnotationReader
{
    // A triangle. The COCO API takes four numbers for a box, and fewer for nothing.
    const int LeastNumbers = 6;

    static readonly string[] Keys = ["id", "image_id", "category_id", "bbox", "area", "iscrowd", "segmentation"];
    static readonly string[] RunKeys = ["size", "counts"];

    /// <summary>Reads an object; problems are noted in the stream.</summary>
    public static CocoAnnotation Read(ref JsonStream json, ref long? id)
    {
        long imageId = 0,
            categoryId = 0;
        CocoBox box = default;
        double? area = null;
        bool isCrowd = false;
        CocoSegmentation segmentation = new CocoSegmentation.Outlines([]);
        uint seen = 0;
        while (json.NextKey(Keys, ref seen) is { } key)
        {
            switch (key)
            {
                case "id":
                    id = json.Id(key);
                    break;
                case "image_id":
                    imageId = json.Integer(key);
                    break;
                case "category_id":
                    categoryId = json.Integer(key);
                    break;
                case "bbox":
                    box = Box(ref json, key);
                    break;
                case "area":
                    area = json.NumberIfAny(key);
                    break;
                case "iscrowd":
                    isCrowd = json.Token != JsonTokenType.Null && json.Flag(key);
                    break;
                default:
                    segmentation = Segmentation(ref json, key);
                    break;
            }
        }

        json.Require(Keys, seen, "area", "iscrowd", "segmentation");
        return new(id ?? 0, imageId, (int)Math.Clamp(categoryId, int.MinValue, int.MaxValue), box, area ?? box.Area, isCrowd, segmentation);
    }

    /// <summary>Reads left, top, width and height.</summary>
    public static CocoBox Box(ref JsonStream json, string key)
    {
        var numbers = new List<double>(4);
        json.Numbers(key, numbers);
        if (numbers.Count == 4)
            return new(numbers[0], numbers[1], numbers[2], numbers[3]);
        json.Note(key, $"expected 4 numbers, got {numbers.Count}");
        return default;
    }

    /// <summary>Reads outlines, or runs in either form.</summary>
    public static CocoSegmentation Segmentation(ref JsonStream json, string key)
    {
        if (json.Token == JsonTokenType.StartObject)
            return Runs(ref json, key);
        if (json.Token == JsonTokenType.Null)
            return new CocoSegmentation.Outlines([]);
        var polygons = ImmutableArray.CreateBuilder<Polygon>();
        if (!json.IsArray(key, "a list of outlines, or an object with size and counts"))
            return new CocoSegmentation.Outlines([]);
        var points = new List<double>();
        while (json.Read() && json.Token != JsonTokenType.EndArray)
        {
            points.Clear();
            json.Numbers(key, points);
            if (points.Count % 2 != 0)
                json.Note(key, $"expected pairs of x and y, got {points.Count} numbers");
            else if (points.Count is > 0 and < LeastNumbers)
                json.Note(key, $"expected outlines of {LeastNumbers} numbers or more, x and y of each corner in turn, got {points.Count}");
            else if (points.Count > 0)
                polygons.Add(new(CollectionsMarshal.AsSpan(points)));
        }

        return new CocoSegmentation.Outlines(polygons.ToImmutable());
    }

    static CocoSegmentation Runs(ref JsonStream json, string key)
    {
        (int height, int width, string? text, uint seen) = (0, 0, null, 0);
        var numbers = new List<double>();
        while (json.NextKey(RunKeys, ref seen) is { } part)
        {
            if (part == "size")
                (height, width) = Size(ref json, key);
            else if (json.Token == JsonTokenType.String)
                text = json.Text(key);
            else
                json.Numbers(key, numbers);
        }

        // An object of nothing, as some tools write it for no outline
        if (seen != 0)
            json.Require(RunKeys, seen);
        if (seen == 0 || json.HasProblem)
            return new CocoSegmentation.Outlines([]);
        try
        {
            return new CocoSegmentation.Runs(text is null ? FromCounts(numbers, height, width) : RleText.Decode(text, height, width));
        }
        catch (InvalidDataException exception)
        {
            json.Note(key, $"counts: {exception.Message}");
            return new CocoSegmentation.Outlines([]);
        }
    }

    static (int Height, int Width) Size(ref JsonStream json, string key)
    {
        if (!json.IsArray(key, "a list of height and width"))
            return default;
        int count = 0;
        Span<int> sides = stackalloc int[2];
        while (json.Read() && json.Token != JsonTokenType.EndArray)
        {
            int side = CocoReader.Side(ref json, key);
            if (count++ < 2)
                sides[count - 1] = side;
        }

        if (count != 2 || (long)sides[0] * sides[1] > int.MaxValue)
            json.Note(key, "expected a size of height and width");
        return (sides[0], sides[1]);
    }

    static Rle FromCounts(List<double> numbers, int height, int width)
    {
        if (numbers.Find(number => number < 0 || number > int.MaxValue || number != Math.Floor(number)) is var wrong and not 0)
            throw new InvalidDataException($"expected whole numbers of pixels, got {wrong}");
        if (numbers.Sum() is var pixels && pixels != (double)height * width)
            throw new InvalidDataException($"expected runs of {(long)height * width} pixels in all for {width}×{height}, got {pixels}");
        return new(height, width, [.. numbers.Select(number => (int)number)]);
    }
}
