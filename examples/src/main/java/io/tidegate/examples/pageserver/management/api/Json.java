// SPDX-License-Identifier: Apache-2.0
package io.tidegate.examples.pageserver.management.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.tidegate.examples.pageserver.id.TenantId;
import io.tidegate.examples.pageserver.id.TimelineId;
import io.tidegate.examples.pageserver.management.http.HttpException;
import io.tidegate.examples.pageserver.management.http.Request;
import io.tidegate.examples.pageserver.management.http.Response;
import io.tidegate.examples.pageserver.wal.Lsn;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;

/** JSON in both directions: names in snake case, ids and positions of the log as text, and no null. */
final class Json {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .defaultPropertyInclusion(JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .addModule(
              new SimpleModule()
                  .addSerializer(TenantId.class, ToStringSerializer.instance)
                  .addSerializer(TimelineId.class, ToStringSerializer.instance)
                  .addSerializer(Lsn.class, ToStringSerializer.instance))
          .build();

  private Json() {}

  static Response ok(Object value) {
    return response(200, value);
  }

  static Response response(int status, Object value) {
    try {
      return Response.json(status, MAPPER.writeValueAsBytes(value));
    } catch (JsonProcessingException unwritable) {
      throw new IllegalStateException(unwritable);
    }
  }

  /**
   * {@return the body of a request}
   *
   * @throws HttpException if it is no JSON, or none of this shape; the message names the field
   */
  static <T> T body(Request request, Class<T> type) {
    byte[] body = request.body();
    if (body.length == 0) {
      throw HttpException.badRequest("the request has no body; JSON is needed");
    }
    try {
      T value = MAPPER.readValue(body, type);
      if (value == null) {
        throw HttpException.badRequest("the body is null");
      }
      return value;
    } catch (JsonMappingException misfit) {
      throw HttpException.badRequest("field " + field(misfit) + ": " + misfit.getOriginalMessage());
    } catch (JsonProcessingException malformed) {
      throw HttpException.badRequest("the body is no JSON: " + malformed.getOriginalMessage());
    } catch (IOException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /**
   * {@return the fields of a body that is an object}
   *
   * @throws HttpException if it is no JSON, or no object
   */
  static Map<String, JsonNode> fields(Request request) {
    Map<String, JsonNode> fields = new TreeMap<>();
    body(request, ObjectNode.class).properties().forEach(each -> fields.put(each.getKey(), each.getValue()));
    return fields;
  }

  private static String field(JsonMappingException misfit) {
    StringBuilder path = new StringBuilder();
    for (JsonMappingException.Reference each : misfit.getPath()) {
      String name = each.getFieldName();
      path.append(name == null ? "[" + each.getIndex() + "]" : (path.isEmpty() ? "" : ".") + name);
    }
    return path.isEmpty() ? "(none)" : path.toString();
  }
}
