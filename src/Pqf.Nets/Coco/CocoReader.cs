using System.Collections.Immutable;
using System.Text.Json;
using Pqf.Tensors;
using Pqf.Tensors.Formats;

namespace Pqf.Nets.Coco;

/// <summary>Reads COCO's files of instances and of results from a stream, object by object; what is kept is what it returns.</summary>
/// <remarks>Keys that are not needed are passed over. Source: the format's description at cocodataset.org (data format, results
/// format).</remarks>
public static class CocoReader
{
    static readonly string[] TopKeys = ["images", "categories", "annotations"];
    static readonly string[] ImageKeys = ["id", "file_name", "height", "width"];
    static readonly string[] CategoryKeys = ["id", "name"];
    static readonly string[] ResultKeys = ["image_id", "category_id", "score", "bbox", "segmentation"];

    delegate T ReadItem<T>(ref JsonStream json, ref long? id);

    /// <summary>Reads a file of instances: <c>instances_val2017.json</c>.</summary>
    /// <param name="stream">The file's bytes.</param>
    /// <param name="name">The file, for messages.</param>
    /// <returns>An error that names file, list, object and key if the text is not of the format, or its parts do not belong
    /// together.</returns>
    public static Result<CocoInstances, PqfError> ReadInstances(Stream stream, string name) =>
        Guard(
            name,
            () =>
            {
                var json = new JsonStream(stream);
                List<CocoImage>? images = null;
                List<CocoCategory>? categories = null;
                List<CocoAnnotation>? annotations = null;
                if (json.Token != JsonTokenType.StartObject)
                    throw new InvalidDataException("expected an object with images, categories and annotations");
                uint seen = 0;
                while (json.NextKey(TopKeys, ref seen) is { } key)
                {
                    if (key == "images")
                        images = ReadList<CocoImage>(ref json, key, ReadImage);
                    else if (key == "categories")
                        categories = ReadList<CocoCategory>(ref json, key, ReadCategory);
                    else
                        annotations = ReadList<CocoAnnotation>(ref json, key, CocoAnnotationReader.Read);
                }

                json.Read(); // whatever follows is an error
                return new CocoInstances(
                    images ?? throw Missing("images"),
                    categories ?? throw Missing("categories"),
                    annotations ?? throw Missing("annotations")
                );
            }
        );

    /// <summary>Reads a file of results: boxes, masks or both of objects that a detector found.</summary>
    /// <param name="stream">The file's bytes.</param>
    /// <param name="name">The file, for messages.</param>
    /// <param name="truth">The data set that the results are of.</param>
    /// <returns>In the file's order; an error that names file, object and key if the text is not of the format or not of that data set's
    /// images. A class that the data set does not have is allowed: networks have labels without objects.</returns>
    public static Result<ImmutableArray<CocoDetection>, PqfError> ReadResults(Stream stream, string name, CocoInstances truth) =>
        Guard(
            name,
            () =>
            {
                var json = new JsonStream(stream);
                var results = ReadList(ref json, "results", (ref JsonStream from, ref long? _) => ReadResult(ref from, truth));
                json.Read(); // whatever follows is an error
                return results.ToImmutableArray();
            }
        );

    static Result<T, PqfError> Guard<T>(string name, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidDataException exception)
        {
            return new PqfError.File(name, exception.Message);
        }
        catch (Exception exception) when (JsonProblem.IsOne(exception))
        {
            return new PqfError.File(name, JsonProblem.Describe(exception));
        }
    }

    static InvalidDataException Missing(string key) => new($"{key}: is missing");

    static List<T> ReadList<T>(ref JsonStream json, string list, ReadItem<T> read)
    {
        var items = new List<T>();
        if (!json.IsArray(list, "a list of objects"))
            throw new InvalidDataException(json.TakeProblem());
        for (int index = 0; json.Read() && json.Token != JsonTokenType.EndArray; index++)
        {
            long? id = null;
            if (json.IsObject("it", "an object"))
                items.Add(read(ref json, ref id));
            if (json.TakeProblem() is { } problem)
                throw new InvalidDataException($"{list}[{index}]{(id is null ? "" : $" (id {id})")}: {problem}");
        }

        return items;
    }

    static CocoImage ReadImage(ref JsonStream json, ref long? id)
    {
        (string fileName, int height, int width, uint seen) = ("", 0, 0, 0);
        while (json.NextKey(ImageKeys, ref seen) is { } key)
        {
            if (key == "id")
                id = json.Id(key);
            else if (key == "file_name")
                fileName = FileName(ref json, key);
            else if (key == "height")
                height = Side(ref json, key);
            else
                width = Side(ref json, key);
        }

        json.Require(ImageKeys, seen);
        return new(id ?? 0, fileName, height, width);
    }

    static string FileName(ref JsonStream json, string key)
    {
        string name = json.Text(key);
        if (name.Contains('\0', StringComparison.Ordinal))
            json.Note(key, "expected a file's name, got one with a zero character in it");
        return name;
    }

    // JPEG's own limit.
    internal static int Side(ref JsonStream json, string key)
    {
        long side = json.Integer(key);
        if (side is < 1 or > 65_535)
            json.Note(key, $"expected 1 … 65535 pixels, got {side}");
        return (int)Math.Clamp(side, 1, 65_535);
    }

    static CocoCategory ReadCategory(ref JsonStream json, ref long? id)
    {
        (string name, uint seen) = ("", 0);
        while (json.NextKey(CategoryKeys, ref seen) is { } key)
        {
            if (key == "id")
                id = json.Id(key);
            else
                name = json.Text(key);
        }

        json.Require(CategoryKeys, seen);
        if (id is < 0 or > int.MaxValue)
            json.Note("id", $"expected 0 … {int.MaxValue}, got {id}");
        return new((int)(id ?? 0), name);
    }

    static CocoDetection ReadResult(ref JsonStream json, CocoInstances truth)
    {
        long imageId = 0,
            categoryId = 0;
        double score = 0;
        CocoBox? box = null;
        CocoSegmentation? segmentation = null;
        uint seen = 0;
        while (json.NextKey(ResultKeys, ref seen) is { } key)
        {
            if (key == "image_id")
                imageId = json.Integer(key);
            else if (key == "category_id")
                categoryId = json.Integer(key);
            else if (key == "score")
                score = json.Number(key);
            else if (key == "bbox")
                box = CocoAnnotationReader.Box(ref json, key);
            else
                segmentation = CocoAnnotationReader.Segmentation(ref json, key);
        }

        json.Require(ResultKeys, seen, "bbox", "segmentation");
        if (box is null && segmentation is null)
            json.Note("bbox", "is missing, and so is segmentation");
        if (truth.Find(imageId) is not { } image)
        {
            json.Note("image_id", $"there is no image {imageId}");
            return new(imageId, 0, score, box, null);
        }

        if (categoryId is < 0 or > int.MaxValue)
            json.Note("category_id", $"expected 0 … {int.MaxValue}, got {categoryId}");
        if (segmentation is CocoSegmentation.Runs { Mask: var mask } && (mask.Height != image.Height || mask.Width != image.Width))
        {
            json.Note(
                "segmentation",
                $"expected the size of image {image.Id}, {image.Width}×{image.Height}, got {mask.Width}×{mask.Height}"
            );
            segmentation = null;
        }

        return new(imageId, (int)categoryId, score, box, segmentation?.ToRle(image.Height, image.Width));
    }
}
