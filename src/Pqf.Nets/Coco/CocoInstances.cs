using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Images and their annotated objects, as in COCO's files of instances.</summary>
public sealed class CocoInstances
{
    readonly FrozenDictionary<long, CocoImage> imageOf;
    readonly FrozenDictionary<long, ImmutableArray<CocoAnnotation>> annotationsOf;

    /// <summary>A data set of parts that belong together.</summary>
    /// <param name="images">In any order.</param>
    /// <param name="categories">In any order.</param>
    /// <param name="annotations">In any order; the order within an image decides between equals.</param>
    /// <exception cref="InvalidDataException">A number occurs twice, an annotation is of an image or a class that is not there, or its mask
    /// of another size than its image.</exception>
    public CocoInstances(IReadOnlyList<CocoImage> images, IReadOnlyList<CocoCategory> categories, IReadOnlyList<CocoAnnotation> annotations)
    {
        Images = [.. images.OrderBy(image => image.Id)];
        Categories = [.. categories.OrderBy(category => category.Id)];
        CheckDistinct("images", Images.Select(image => image.Id));
        CheckDistinct("categories", Categories.Select(category => (long)category.Id));
        CheckDistinct("annotations", annotations.Select(annotation => annotation.Id).Order());
        imageOf = Images.ToFrozenDictionary(image => image.Id);
        var classes = Categories.Select(category => category.Id).ToFrozenSet();
        foreach (var annotation in annotations)
            Check(annotation, classes);
        annotationsOf = annotations
            .GroupBy(annotation => annotation.ImageId)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
    }

    /// <summary>By number.</summary>
    public ImmutableArray<CocoImage> Images { get; }

    /// <summary>By number.</summary>
    public ImmutableArray<CocoCategory> Categories { get; }

    /// <summary>All annotated objects.</summary>
    public int AnnotationCount => annotationsOf.Values.Sum(list => list.Length);

    /// <summary>The image of a number, if there is one.</summary>
    public CocoImage? Find(long imageId) => imageOf.GetValueOrDefault(imageId);

    /// <summary>The objects of an image, in the file's order.</summary>
    public ImmutableArray<CocoAnnotation> AnnotationsOf(long imageId) => annotationsOf.GetValueOrDefault(imageId, []);

    void Check(CocoAnnotation annotation, FrozenSet<int> classes)
    {
        if (!imageOf.TryGetValue(annotation.ImageId, out var image))
            throw new InvalidDataException($"annotation {annotation.Id}: image_id: there is no image {annotation.ImageId}");
        if (!classes.Contains(annotation.CategoryId))
            throw new InvalidDataException($"annotation {annotation.Id}: category_id: there is no category {annotation.CategoryId}");
        if (
            annotation.Segmentation is CocoSegmentation.Runs { Mask: var mask }
            && (mask.Height != image.Height || mask.Width != image.Width)
        )
            throw new InvalidDataException(
                $"annotation {annotation.Id}: segmentation: expected the size of image {image.Id}, {image.Width}×{image.Height}, got {mask.Width}×{mask.Height}"
            );
    }

    static void CheckDistinct(string what, IEnumerable<long> sorted)
    {
        long? last = null;
        foreach (long id in sorted)
        {
            if (id == last)
                throw new InvalidDataException($"{what}: id {id} occurs twice");
            last = id;
        }
    }
}
