using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Pqf.Nets.Coco;

/// <summary>Images and their annotated objects, as in COCO's files of instances.</summary>
public sealed class CocoInstances
{
    readonly FrozenDictionary<long, CocoImage> imageOf;
    readonly FrozenDictionary<long, ImmutableArray<CocoAnnotation>> annotationsOf;
    readonly FrozenSet<int> used;

    /// <summary>A data set of parts that belong together.</summary>
    /// <param name="images">In any order.</param>
    /// <param name="categories">In any order.</param>
    /// <param name="annotations">In any order; the order within an image decides between equals.</param>
    /// <exception cref="InvalidDataException">A number occurs twice, an annotation is of a class that is not there, or its mask
    /// of another size than its image.</exception>
    /// <remarks>Annotations of images that are not listed are left out and counted: files that were cut down to a part of their images have
    /// them. Masks that cover no pixel of their object's box are taken for missing: they would train a network to see nothing.</remarks>
    public CocoInstances(IReadOnlyList<CocoImage> images, IReadOnlyList<CocoCategory> categories, IReadOnlyList<CocoAnnotation> annotations)
    {
        Images = [.. images.OrderBy(image => image.Id)];
        Categories = [.. categories.OrderBy(category => category.Id)];
        CheckDistinct("images", Images.Select(image => image.Id));
        CheckDistinct("categories", Categories.Select(category => (long)category.Id));
        CheckDistinct("annotations", annotations.Select(annotation => annotation.Id).Order());
        imageOf = Images.ToFrozenDictionary(image => image.Id);
        var classes = Categories.Select(category => category.Id).ToFrozenSet();
        CocoAnnotation[] listed = [.. annotations.Where(annotation => imageOf.ContainsKey(annotation.ImageId))];
        UnlistedCount = annotations.Count - listed.Length;
        foreach (var annotation in listed)
            Check(annotation, imageOf[annotation.ImageId], classes);
        CocoAnnotation[] empty =
        [
            .. listed
                .Where(annotation => !annotation.IsCrowd && !CocoTargets.IsEmpty(imageOf[annotation.ImageId], annotation))
                .Where(annotation => annotation.HasEmptyMask(imageOf[annotation.ImageId])),
        ];
        WithoutMask = [.. listed.Where(annotation => !annotation.IsCrowd && !annotation.HasMask).Select(annotation => annotation.Id)];
        WithEmptyMask = [.. empty.Select(annotation => annotation.Id)];
        var emptyIds = WithEmptyMask.ToHashSet();
        listed =
        [
            .. listed.Select(annotation =>
                emptyIds.Contains(annotation.Id) ? annotation with { Segmentation = new CocoSegmentation.Outlines([]) } : annotation
            ),
        ];
        annotationsOf = listed
            .GroupBy(annotation => annotation.ImageId)
            .ToFrozenDictionary(group => group.Key, group => group.ToImmutableArray());
        used = listed.Select(annotation => annotation.CategoryId).ToFrozenSet();
    }

    /// <summary>By number.</summary>
    public ImmutableArray<CocoImage> Images { get; }

    /// <summary>By number.</summary>
    public ImmutableArray<CocoCategory> Categories { get; }

    /// <summary>All annotated objects.</summary>
    public int AnnotationCount => annotationsOf.Values.Sum(list => list.Length);

    /// <summary>Annotations that were left out, because their images are not listed.</summary>
    public int UnlistedCount { get; }

    /// <summary>Numbers of annotated objects, crowds aside, that come without outline and runs, in the file's order.</summary>
    public ImmutableArray<long> WithoutMask { get; }

    /// <summary>Numbers of annotated objects, crowds aside, whose box lies in the image and whose mask covers no pixel of it,
    /// in the file's order. The masks are left out.</summary>
    public ImmutableArray<long> WithEmptyMask { get; }

    /// <summary>Whether any annotated object is of a category.</summary>
    public bool HasCategory(int id) => used.Contains(id);

    /// <summary>Annotated crowds.</summary>
    public int CrowdCount => annotationsOf.Values.Sum(list => list.Count(annotation => annotation.IsCrowd));

    /// <summary>The image of a number, if there is one.</summary>
    public CocoImage? Find(long imageId) => imageOf.GetValueOrDefault(imageId);

    /// <summary>The objects of an image, in the file's order.</summary>
    public ImmutableArray<CocoAnnotation> AnnotationsOf(long imageId) => annotationsOf.GetValueOrDefault(imageId, []);

    static void Check(CocoAnnotation annotation, CocoImage image, FrozenSet<int> classes)
    {
        if (!classes.Contains(annotation.CategoryId))
            throw new InvalidDataException($"annotation {annotation.Id}: category_id: there is no category {annotation.CategoryId}");
        if (
            annotation.Segmentation is CocoSegmentation.Runs { Mask: var mask }
            && (mask.Height != image.Height || mask.Width != image.Width)
        )
            throw new InvalidDataException(
                $"annotation {annotation.Id}: segmentation: expected the size of image {image.Id}, {image.Width}×{image.Height}, "
                    + $"got {mask.Width}×{mask.Height}"
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
