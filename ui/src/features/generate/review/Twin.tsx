import { Skeleton, Text } from "@mantine/core";
import { useExample } from "../../../api/examples";
import generate from "../generate.module.css";
import { QualityMark } from "../QualityMark";
import { words } from "../words";
import classes from "./review.module.css";

const t = words.review;

/** The text that was there before, to be judged by oneself whether one of both is enough. */
export function Twin({ id }: { id: string }) {
  const { data, error } = useExample(id);
  return (
    <figure className={classes.twin} data-testid="twin">
      <Text component="figcaption" fz="xs" c="dimmed" mb={4}>
        {t.twin}
      </Text>
      {data ? (
        <Text className={generate.output}>
          <QualityMark quality={data.quality} /> {data.output}
        </Text>
      ) : error ? (
        <Text fz="sm" c="dimmed">
          {t.twinGone}
        </Text>
      ) : (
        <Skeleton height={48} />
      )}
    </figure>
  );
}
